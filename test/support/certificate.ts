/** A certificate of its own making, by the `openssl` of the machine. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where there is none, what needs a certificate is left out. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** The files of a new certificate for 127.0.0.1, and how to take them away. */
export function certificate(): { key: string; cert: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'gradstream-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const made = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', ...names, '-keyout', key, '-out', cert]
  execFileSync('openssl', made, { stdio: 'ignore' })
  return { key, cert, remove: () => rmSync(folder, { recursive: true }) }
}
