// Loads a compose file as Docker Compose does, with every profile: schema, interpolation, references, paths. Prints each
// service with its image; fails with what is wrong. Arguments: the file, then NAME=VALUE for its variables.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("give a compose file")
	}
	options, err := cli.NewProjectOptions(
		[]string{os.Args[1]},
		cli.WithName("check"),
		cli.WithWorkingDirectory(filepath.Dir(os.Args[1])),
		cli.WithProfiles([]string{"*"}),
		cli.WithEnv(os.Args[2:]),
		cli.WithInterpolation(true),
		cli.WithNormalization(true),
		cli.WithConsistency(true),
	)
	if err != nil {
		log.Fatal(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	names := project.ServiceNames()
	sort.Strings(names)
	for _, name := range names {
		fmt.Printf("%s %s\n", name, project.Services[name].Image)
	}
}
