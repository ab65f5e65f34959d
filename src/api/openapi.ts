import { z } from 'zod'
import type { Route } from './route.ts'

type JsonSchema = Record<string, unknown>

/** What is not made from a route's schemas: paths of other parts of the server, as OpenAPI path items. */
export type OtherPaths = Readonly<Record<string, object>>

/** The OpenAPI 3.1 document of the routes, from the same schemas that check their requests. */
export const createOpenApi = (routes: readonly Route[], other: OtherPaths, version: string): object => {
  const components: Record<string, JsonSchema> = { Problem: problemSchema }
  const paths: Record<string, object> = { ...other }
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, components) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'agenttrail',
      version,
      description: 'What AI agents did, for whom, and what they were refused. Times are RFC 3339 in UTC.',
    },
    paths,
    components: { schemas: components },
  }
}

const operationOf = (route: Route, components: Record<string, JsonSchema>): object => ({
  summary: route.summary,
  tags: [route.tag],
  operationId: operationIdOf(route),
  parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query)],
  ...(route.body === null ? {} : { requestBody: requestBodyOf(route.body) }),
  responses: {
    200: { description: 'The answer', content: contentOf(route, components) },
    default: problemResponse,
  },
})

const contentOf = (route: Route, components: Record<string, JsonSchema>): object => {
  if (!route.isDownload) return { 'application/json': { schema: share(route.response, components) } }
  return { 'application/x-ndjson': { schema: { type: 'string' } }, 'text/csv': { schema: { type: 'string' } } }
}

/** `/api/v1/sessions/{id}/timeline` → `getSessionsIdTimeline`. */
const operationIdOf = ({ method, path }: Route): string =>
  `${method}${path
    .replace('/api/v1', '')
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== '')
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('')}`

const requestBodyOf = (schema: z.ZodObject): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return { required: false, content: { 'application/json': { schema: rest } } }
}

/** What every route answers when it cannot answer. */
export const problemResponse = {
  description: 'A problem document (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

const problemSchema: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stays the same for ever; docs/errors.md lists them' },
    problems: {
      type: 'array',
      items: {
        type: 'object',
        required: ['in', 'name', 'detail'],
        properties: {
          in: { type: 'string', enum: ['query', 'path', 'header', 'body'] },
          name: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
}

const parametersOf = (where: 'path' | 'query', schema: z.ZodObject): readonly object[] =>
  Object.entries(schema.shape).map(([name, field]) => {
    const { description, $schema: _, ...rest } = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' })
    const text = description === undefined ? {} : { description }
    return { name, in: where, required: where === 'path', ...text, schema: rest }
  })

/** Moves the named schemas within `schema` to the shared components and refers to them there. */
const share = (schema: z.ZodType, components: Record<string, JsonSchema>): JsonSchema => {
  const { $schema: _, $defs = {}, ...root } = relocate(z.toJSONSchema(schema, { io: 'output' }))
  for (const [name, definition] of Object.entries($defs as Record<string, JsonSchema>)) {
    const { id: _id, ...rest } = definition
    components[name] = rest
  }
  if (typeof root['id'] !== 'string') return root
  const { id, ...rest } = root
  components[String(id)] = rest
  return { $ref: `#/components/schemas/${id}` }
}

const relocate = (value: object): JsonSchema =>
  JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema
