/** Manifests of folders that are none. */
import { expect, test } from 'vitest'
import { readSealed } from '../../../runtime/checkpoint/manifest.ts'

const reading = (text: string) => {
  const bytes = new TextEncoder().encode(text)
  return readSealed(
    { format: 'gradstream-model', version: 1 } as never,
    '/models/iris/',
    async () => ({ bytes }) as never,
  )
}

test('a page that a server sends in place of a folder is told from a damaged file', async () => {
  await expect(reading('\n<!doctype html><title>Start</title>')).rejects.toMatchObject({
    code: 'BAD_FILE',
    got: 'a page in HTML',
    hint: expect.stringContaining('Check the address'),
  })
  await expect(reading('{ "format": ')).rejects.toMatchObject({ code: 'BAD_FILE', got: 'a damaged one' })
  await expect(reading('{}')).rejects.toMatchObject({ code: 'BAD_FILE', got: 'undefined' })
})
