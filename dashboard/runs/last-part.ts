/** The name of a file or a folder: the last part of its path. */
export const lastPart = (path: string): string => path.split(/[\\/]/).findLast(part => part !== '') ?? path
