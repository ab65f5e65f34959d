import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import { describe, expect, test } from 'vitest'
import { createFakeReadModel } from '../../fakes/read-model.ts'
import { sampleData } from '../../fakes/sample-data.ts'
import { openApi } from './open-api.ts'

const nowMs = Date.parse('2026-05-04T10:15:00Z')
const served = async () => openApi({ readModel: createFakeReadModel(sampleData(nowMs)) })
const document = async () => (await (await served()).inject({ url: '/api/v1/openapi.json' })).json()

/** From the server's own account of its routes, a tree of path parts. */
const pathsServed = (api: FastifyInstance): readonly string[] => {
  const parents: string[] = []
  const paths: string[] = []
  for (const line of api.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, part, methods] = /^(.*)[├└]── (\S*)(?: \((.*)\))?/.exec(line) ?? []
    if (indent === undefined) continue
    const depth = indent.length / 4
    const path = `${depth === 0 ? '' : parents[depth - 1]}${part}`
    parents[depth] = path
    if (methods !== undefined && methods !== '' && path !== '/') paths.push(path.replaceAll(/:(\w+)/g, '{$1}'))
  }
  return paths
}

describe('the OpenAPI document', () => {
  test('holds every route that is served', async () => {
    // The account leaves out what is between a route and a wildcard below it.
    const paths = pathsServed(await served()).map((path) => (path === '/decide*' ? '/decide/envoy/*' : path))
    const { paths: described, openapi } = await document()
    expect(openapi).toMatch(/^3\.1/)
    expect(paths.length).toBeGreaterThan(15)
    expect([...new Set(paths)].toSorted()).toEqual(Object.keys(described).toSorted())
  })

  test('has no reference that leads nowhere', async () => {
    const text = JSON.stringify(await document())
    const { components } = JSON.parse(text)
    const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '')
    expect(new Set(names).size).toBeGreaterThan(5)
    for (const name of names) expect(Object.keys(components.schemas)).toContain(name)
    expect(text).not.toContain('$defs')
  })

  test('describes answers so that a validator agrees', async () => {
    const api = await served()
    const described = await document()
    const ajv = new Ajv2020({ strict: false })
    ajv.addSchema(described, 'doc')
    const path = '/api/v1/sessions'
    const check = ajv.compile({
      $ref: `doc#/paths/${path.replaceAll('/', '~1')}/get/responses/200/content/application~1json/schema`,
    })
    const answer = (await api.inject({ url: `${path}?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z` })).json()
    expect(answer.items).toHaveLength(4)
    expect(check(answer), JSON.stringify(check.errors)).toBe(true)
    expect(check({ ...answer, items: [{ ...answer.items[0], calls: 'many' }] })).toBe(false)
  })

  test('describes parameters with their limits', async () => {
    const { paths } = await document()
    const parameters: { name: string; in: string; schema: object }[] = paths['/api/v1/sessions'].get.parameters
    const byName = Object.fromEntries(parameters.map((each) => [each.name, each]))
    expect(byName['status']?.schema).toMatchObject({ enum: expect.arrayContaining(['flagged']) })
    expect(byName['limit']?.schema).toMatchObject({ default: '100' })
    expect(paths['/api/v1/sessions/{id}'].get.parameters[0]).toMatchObject({ name: 'id', in: 'path', required: true })
  })
})
