/** What is kept secret: one key, from the environment or the data directory, and what is derived from it. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const FORMAT = 1

export interface Vault {
  /** AES-256-GCM; `about` (such as an integration's id) is bound to the text, so that it opens in its own row only. */
  seal(text: string, about: string): Buffer
  /** Throws where the key is another one or the bytes were changed. */
  open(sealed: Buffer, about: string): string
  /** Keyed hash of an API secret: without the key a copy of the database does not allow guessing. */
  hashSecret(secret: string): Buffer
  /** Keyed digest of an event's content: outlives the erasure of a person without letting anyone guess them. */
  digest(text: string): Buffer
  /** For signing session tokens. */
  tokenKey: Uint8Array
  /** For signing tokens of a person. */
  personTokenKey: Uint8Array
  /** For sealing tokens of a person. */
  personSealKey: Uint8Array
}

export function createVault(key: Buffer): Vault {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', key, '', `heed/${use}`, 32))
  const sealKey = derive('seal')
  const secretKey = createSecretKey(derive('api-secret'))
  const digestKey = createSecretKey(derive('content-digest'))
  return {
    tokenKey: derive('session-token'),
    personTokenKey: derive('person-token'),
    personSealKey: derive('person-seal'),
    hashSecret: secret => createHmac('sha256', secretKey).update(secret).digest(),
    digest: text => createHmac('sha256', digestKey).update(text).digest(),
    seal(text, about) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.from([FORMAT]), nonce, cipher.getAuthTag(), body])
    },
    open(sealed, about) {
      if (sealed[0] !== FORMAT) throw new Error('sealed in an unknown format')
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
      const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', sealKey, nonce)
        .setAAD(Buffer.from(about))
        .setAuthTag(tag)
      return (
        decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES), undefined, 'utf8') +
        decipher.final('utf8')
      )
    },
  }
}

/** Generated at the first start; written whole or not at all, so that two starts at once agree on one key. */
export async function loadOrCreateKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'secret.key')
  const read = () => readFile(path, 'utf8').then(text => Buffer.from(text.trim(), 'base64'))
  const found = await read().catch(() => undefined)
  if (found) return found
  await mkdir(dataDir, { recursive: true })
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  await link(draft, path).catch(() => undefined)
  await rm(draft)
  return read()
}
