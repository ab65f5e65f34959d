import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { ruleJsonSchema } from '../../../src/detect/rule-json-schema.ts'
import { shippedRules } from '../../fakes/rules.ts'

const validate = new Ajv2020({ strict: false }).compile(ruleJsonSchema())
const documents = shippedRules().flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS()))

describe('the schema for editors', () => {
  it('takes every shipped document', () => {
    expect(documents.length).toBeGreaterThan(60)
    expect(documents.filter((document) => !validate(document))).toEqual([])
  })

  it('refuses a wrong type of correlation and a key of ours that does not exist', () => {
    const [correlation] = documents.filter((document) => 'correlation' in document)
    expect(validate({ ...correlation, correlation: { ...correlation.correlation, type: 'counting' } })).toBe(false)
    expect(validate({ ...correlation, agenttrail: { respnse: ['flag'] } })).toBe(false)
  })
})
