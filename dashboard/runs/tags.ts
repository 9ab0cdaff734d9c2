/** Tags as people write them: with commas between them. */

/** Each once, without the blanks around it. */
export const tagsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map(tag => tag.trim())
      .filter(tag => tag !== ''),
  ),
]

export const textOfTags = (tags: readonly string[]): string => tags.join(', ')
