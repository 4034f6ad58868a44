// How somebody is reached, ready to be used: links for the telephone and the mail program.
import { t } from '../texts'

// What another node calls its mailbox becomes an address only if it is one and nothing more.
const address = /^[^\s@?&=%#,:;"<>()[\]\\]+@[^\s@?&=%#,:;"<>()[\]\\]+$/

export function Mail({ to }: { to: string }) {
  const [mailbox, node] = to.split('@')
  return address.test(to) ? <a class="kern-link" href={`mailto:${to}`}>{mailbox}@<wbr />{node}</a> : <>{to}</>
}

export function Phone({ number }: { number: string }) {
  return <a class="kern-link" href={`tel:${number.replace(/\(0\)|[^+\d]/g, '')}`}>{number}</a>
}

/** «Koordination dort: …»; nothing where no mailbox is known. */
export function Coordination({ mailbox }: { mailbox: string | null }) {
  if (!mailbox) return null
  const [before, after] = t('peer.coordination').split('{mailbox}')
  return <p class="muted">{before}<Mail to={mailbox} />{after}</p>
}
