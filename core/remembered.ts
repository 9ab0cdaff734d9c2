/** A name as people remember it: `kernel_size` and `KernelSize` are `kernelSize`. */
export const remembered = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
