/** A mail server for tests: keeps what it is given, and refuses whom it is told to. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  to: string[]
  /** As it came, its header lines unfolded. */
  source: string
}

export interface MailServer {
  url: string
  port: number
  mails: ReceivedMail[]
  /** Set by a test: the answer to a recipient, by its code; undefined: taken. */
  answer: (recipient: string) => number | undefined
  /** Set by a test: a mail that has come is answered when this resolves. */
  pause: Promise<unknown>
  close(): Promise<void>
}

export async function startMailServer(port = 0): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    // A sender that is still there keeps its connections.
    closeTimeout: 100,
    onAuth({ username, password }, _, done) {
      const isRight = username === 'heed' && password === 'p@ss'
      done(isRight ? null : new Error('wrong credentials'), { user: username })
    },
    onRcptTo({ address }, _, done) {
      const code = self.answer(address)
      if (code === undefined) return done()
      done(Object.assign(new Error(`<${address}> is refused`), { responseCode: code }))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        mails.push({
          to,
          source: Buffer.concat(chunks)
            .toString()
            .replace(/\r\n[ \t]+/g, ' '),
        })
        void self.pause.then(() => done())
      })
    },
  })
  server.on('error', () => undefined)
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const at = (server.server.address() as AddressInfo).port
  const self: MailServer = {
    url: `smtp://heed:p%40ss@127.0.0.1:${at}`,
    port: at,
    mails,
    answer: () => undefined,
    pause: Promise.resolve(),
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
  after(() => self.close())
  return self
}
