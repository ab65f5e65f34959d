// Reads sessions over ClickHouse's HTTP interface with clickhouse-go, as Grafana's plugin does, and prints a line of JSON each.
// Arguments: host:port, user, password, compression (none or gzip), query.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"reflect"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func main() {
	log.SetFlags(0)
	address, user, password, compression, query := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	options := &clickhouse.Options{
		Addr:     []string{address},
		Protocol: clickhouse.HTTP,
		Auth:     clickhouse.Auth{Username: user, Password: password, Database: "default"},
		Settings: clickhouse.Settings{"max_execution_time": 30},
	}
	if compression == "gzip" {
		options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionGZIP}
	}
	connection, err := clickhouse.Open(options)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := connection.Query(context.Background(), query)
	if err != nil {
		log.Fatal(err)
	}
	columns, types := rows.Columns(), rows.ColumnTypes()
	encoder := json.NewEncoder(os.Stdout)
	for rows.Next() {
		values := make([]any, len(columns))
		for index, each := range types {
			values[index] = reflect.New(each.ScanType()).Interface()
		}
		if err := rows.Scan(values...); err != nil {
			log.Fatal(err)
		}
		row := map[string]any{}
		for index, name := range columns {
			row[name] = values[index]
		}
		if err := encoder.Encode(row); err != nil {
			log.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
}
