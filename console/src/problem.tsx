/** Why what is shown is not newer; takes no room when all is well. */
export const Problem = ({ text }: { readonly text: string }) =>
  text === '' ? null : (
    <p class="problem" role="alert">
      {text} What is shown was read before; it is asked for again by itself.
    </p>
  )
