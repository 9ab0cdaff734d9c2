/** Shows a picture that is a text. */
import { useEffect, useState } from 'react'

/** The address of an SVG file, as long as it is shown. */
export function useBlob(svg: string | undefined): string | undefined {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    if (svg === undefined) return setUrl(undefined)
    const own = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
    setUrl(own)
    return () => URL.revokeObjectURL(own)
  }, [svg])
  return url
}
