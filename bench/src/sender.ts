/**
 * A load generator that takes as little of the two cores as can be: keep-alive sockets, requests written whole,
 * answers read for their status and length alone. What it measures is the server, not itself.
 */
import { connect, type Socket } from 'node:net'

export interface Sender {
  /** Resolves with the answer's status once it is whole. */
  send(request: Buffer): Promise<number>
  close(): void
}

export function requestOf(
  url: string,
  path: string,
  headers: Record<string, string>,
  body: string,
  method: 'GET' | 'POST' = 'POST',
): Buffer {
  const lines = Object.entries({
    host: new URL(url).host,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  })
  const head = lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n\r\n${body}`)
}

export async function openSender(url: string): Promise<Sender> {
  const { hostname, port } = new URL(url)
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect(Number(port), hostname, () => resolve(opened.setNoDelay(true)))
    opened.once('error', reject)
  })
  let done: ((status: number) => void) | undefined
  let status = 0
  /** Bytes of the answer still to come; undefined: its head is not read yet. */
  let left: number | undefined
  let head = Buffer.alloc(0)
  socket.on('data', chunk => {
    let data = chunk
    if (left === undefined) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const text = head.toString('latin1', 0, end)
      status = Number(text.slice(9, 12))
      left = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      data = head.subarray(end + 4)
      head = Buffer.alloc(0)
    }
    left -= data.length
    if (left > 0) return
    left = undefined
    done?.(status)
  })
  return {
    send: request =>
      new Promise(resolve => {
        done = resolve
        socket.write(request)
      }),
    close: () => void socket.destroy(),
  }
}
