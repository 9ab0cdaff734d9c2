/** What a page shows once it has caught up with its run: until then it may show what was true a moment ago. */
import type { Trainer } from 'gradstream'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Pauses a run, and waits until its page shows the step at which it rests. */
export async function atRest(page: Page, trainer: Trainer): Promise<void> {
  await trainer.pause()
  const step = page.locator('[data-fact="step"]')
  await expect.poll(async () => Number((await step.innerText()).replaceAll(',', ''))).toBe(trainer.state.step)
  await page.getByText('paused', { exact: true }).first().waitFor()
}

/** The same, and until its predictions are those of that step. */
export async function predictedAtRest(page: Page, trainer: Trainer): Promise<void> {
  await atRest(page, trainer)
  await page.locator(`.outputs[data-step="${trainer.state.step}"]`).waitFor()
}

/** Waits until a command was done: its words are there from the moment that it was sent. */
export const answered = (page: Page, what: string) =>
  page.locator('.answer.done').getByText(what).first().waitFor()
