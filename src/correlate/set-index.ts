/** The set under a key, made when it is first asked for. */
export const setOf = <K, V>(index: Map<K, Set<V>>, key: K): Set<V> => {
  const known = index.get(key)
  if (known !== undefined) return known
  const made = new Set<V>()
  index.set(key, made)
  return made
}

/** Takes a value out; a set that is empty by now goes with it, so an index does not grow with keys of the past. */
export const deleteFrom = <K, V>(index: Map<K, Set<V>>, key: K, value: V): void => {
  const values = index.get(key)
  values?.delete(value)
  if (values?.size === 0) index.delete(key)
}
