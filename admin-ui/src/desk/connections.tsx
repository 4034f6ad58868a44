// The other cities and how they are, in plain words; and our own certificate, when they will refuse it.
import { useContext } from 'preact/hooks'
import { call, type Schemas } from '../shared/api'
import { ago, countryName, kilometres } from '../shared/format'
import { LIVE, useLoad } from '../shared/load'
import { Badge, Empty, type Tone } from '../shared/parts/basic'
import { CertificateAlert } from '../shared/parts/certificate'
import { Coordination } from '../shared/parts/reach'
import { Shown } from '../shared/parts/list'
import { Page } from '../shared/parts/page'
import { t, tn } from '../shared/texts'
import { Waiting } from './waiting'

type Peer = Schemas['Peer']

const tones: Record<Peer['health'], Tone | undefined> = { ok: 'success', slow: 'warning', unreachable: 'danger', never: undefined, refused: 'danger' }

// The codes of nodes and of the network, sorted by what a reader can make of them.
const errors = {
  unresolved: ['unresolved'],
  silent: ['no-connection', 'address-not-allowed'],
  timeout: ['timeout', 'slow-request'],
  broken_off: ['connection-lost', 'transport', 'too-large'],
  certificate: ['certificate', 'tls', 'ca-file'],
  busy: ['busy', 'rate-limited', 'database-unavailable', 'internal', 'no-memory', 'out-of-memory'],
  unknown_to_them: ['unknown-key', 'not-active', 'token-invalid', 'not-found'],
  clock: ['skew'],
  identity: ['signature-missing', 'signature-malformed', 'signature-invalid', 'digest-mismatch', 'replayed', 'key-conflict', 'untrusted-key', 'crypto'],
  contradiction: ['cursor-ahead', 'chain-broken', 'forked', 'gap', 'missing', 'erase-refused', 'conflict'],
} as const

type ErrorKind = keyof typeof errors
const kinds = new Map(Object.entries(errors).flatMap(([kind, codes]) => codes.map((code) => [code, kind as ErrorKind] as const)))

export const peerErrorText = (code: string): string => t(`peer.error.${kinds.get(code as never) ?? 'other'}`)

/** Where nobody answers at all, nobody is slow. */
const healthOf = (peer: Peer): Peer['health'] => (peer.health === 'slow' && peer.last_error === 'no-connection' ? 'unreachable' : peer.health)

/** «Arnhem ist erreichbar, zuletzt vor 2 Minuten.» */
export function healthText(peer: Peer): string {
  if (peer.state !== 'active') return t(`peer.state_text.${peer.state}`, { city: peer.name })
  const time = peer.last_contact_at ? ago(peer.last_contact_at) : t('peer.never')
  return t(`peer.health.${healthOf(peer)}`, { city: peer.name, time })
}

export function healthTone(peer: Peer): Tone | undefined {
  return peer.state === 'active' ? tones[healthOf(peer)] : undefined
}

function Card({ peer }: { peer: Peer }) {
  const trouble = peer.state === 'active' && peer.health !== 'ok' && peer.last_error
  return (
    <li class="card">
      <div class="card__top">
        <Badge tone={healthTone(peer)}>{t(peer.state === 'active' ? `peer.short.${healthOf(peer)}` : `peer.state.${peer.state}`)}</Badge>
        {peer.role === 'office' && <Badge>{t('peer.office')}</Badge>}
      </div>
      <h2 class="card__title">{peer.name}</h2>
      <p class="card__who">{countryName(peer.country)}{peer.distance_km !== null && ` · ${kilometres(peer.distance_km)}`}</p>
      <p>{healthText(peer)}</p>
      {trouble && <p class="muted">{peerErrorText(trouble)}</p>}
      {peer.state === 'active' && <p class="muted">{peer.lag > 0 ? tn('peer.lag', peer.lag) : t('peer.up_to_date')}</p>}
      {peer.role === 'city' && <Coordination mailbox={peer.mailbox} />}
      {peer.suspended_reason && <p class="muted">{t('peer.reason', { reason: peer.suspended_reason })}</p>}
    </li>
  )
}

function OwnCertificate() {
  const item = useContext(Waiting)?.data.value?.items.find(({ kind }) => kind === 'certificate_expires')
  return item ? <CertificateAlert at={item.objects[0]!.at} /> : null
}

export function Connections() {
  const peers = useLoad('peers', () => call('get', '/api/v1/peers'), LIVE)
  return (
    <Page title={t('connections.title')} lead={t('connections.lead')}>
      <OwnCertificate />
      <Shown of={peers}>
        {({ items }) =>
          items.length === 0
            ? <Empty title={t('connections.empty')}><p>{t('connections.empty_text')}</p></Empty>
            : <ul class="cards">{items.map((peer) => <Card key={peer.authority} peer={peer} />)}</ul>
        }
      </Shown>
    </Page>
  )
}
