/** A real nginx in front of a bridge: with TLS, a path that it takes away, and no patience with what is idle. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificate, hasOpenssl } from './certificate.ts'

const BINARY = ['nginx', '/usr/sbin/nginx'].find(path => spawnSync(path, ['-v']).status === 0)

/** Where there is none, what needs it is left out: `apt-get install nginx-light openssl`. */
export const hasNginx = BINARY !== undefined && hasOpenssl

/** The path that the bridge has there. */
export const PATH = '/runs/7/'

/** What is silent for so long is cut, in milliseconds. */
export const IDLE = 2000

export interface Nginx {
  readonly port: number
  readonly origin: string
  /** The address of the page, without a token. */
  readonly address: string
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Starts one that passes on what comes below its path to the port that `bridgePort` is. */
export async function startNginx(bridgePort: number): Promise<Nginx> {
  const port = await freePort()
  const { key, cert, remove } = certificate()
  const folder = mkdtempSync(join(tmpdir(), 'gradstream-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `${name}_temp_path ${folder}/${name};`)
    .join(' ')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; ${temporary}
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    location / { return 404; }
    location ${PATH} {
      proxy_pass http://127.0.0.1:${bridgePort}/;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout ${IDLE}ms; proxy_send_timeout ${IDLE}ms;
    }
  }
}
`,
  )
  const process = spawn(BINARY as string, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'pipe' })
  let said = ''
  process.stderr.on('data', data => {
    said += data
  })
  const ended = new Promise<void>(resolve => process.on('close', () => resolve()))
  await listens(port, () => {
    if (process.exitCode !== null) throw new Error(`nginx: ${said}`)
  })
  const origin = `https://127.0.0.1:${port}`
  return {
    port,
    origin,
    address: `${origin}${PATH}`,
    async stop() {
      process.kill()
      await ended
      remove()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Waits until somebody listens at a port. */
async function listens(port: number, check: () => void): Promise<void> {
  const { connect } = await import('node:net')
  const isThere = () =>
    new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('close', () => socket.destroy())
      setTimeout(() => socket.destroy(), 1000)
    })
  while (!(await isThere())) {
    check()
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
