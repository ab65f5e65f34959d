import { describe, expect, it } from 'vitest'
import { parseRules } from '../../../../src/detect/parse-rules.ts'
import { ToolClasses } from '../../../../src/detect/tools/tool-classes.ts'
import { shippedRule } from '../../../fakes/rules.ts'

const guessed = new ToolClasses([])

describe('what a tool does', () => {
  it.each([
    ['send_money', ['pays', 'sends_outside']],
    ['invite_user_to_slack', ['administers', 'sends_outside']],
    ['post_webpage', ['sends_outside']],
    ['create_calendar_event', ['writes']],
    ['delete_file', ['destroys']],
    ['run_shell', ['executes']],
    ['gmail.sendEmail', ['sends_outside']],
    ['web_search', ['reads_untrusted']],
    ['list_deleted_files', ['reads_private']],
    ['get_sent_messages', ['reads_untrusted']],
    ['file_delete', ['destroys']],
    ['', []],
  ])('is guessed from its name: %s', (tool, classes) => expect([...guessed.of(tool).classes].sort()).toEqual(classes))

  it('is what the reviewed map says, and the last entry counts', () => {
    const own = {
      name: 'zz.yaml',
      text: 'title: Own\nagenttrail: { tool-classes: [{ tools: [read_file], classes: [pays] }] }',
    }
    expect(parseRules([shippedRule('tool-classes')]).tools.of('read_file').classes).toContain('reads_untrusted')
    const { tools, problems } = parseRules([shippedRule('tool-classes'), own])
    expect(problems).toEqual([])
    expect(tools.of('READ_FILE').classes).toEqual(['pays'])
  })

  it('is asked for in words that exist', () => {
    const text = 'title: Own\nagenttrail: { tool-classes: [{ tools: [x], classes: [pay] }] }'
    expect(parseRules([{ name: 'own.yaml', text }]).problems[0]?.message).toContain('use one of reads_private')
  })
})
