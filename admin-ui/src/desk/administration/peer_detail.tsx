// One peer: compare fingerprints on the telephone, suspend, resume, remove.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { countryName, moment, number } from '../../shared/format'
import { LIVE, useAction, useLoad } from '../../shared/load'
import { Alert, Badge, Button, Facts, ProblemAlert } from '../../shared/parts/basic'
import { CheckField, RadioGroup } from '../../shared/parts/field'
import { Shown } from '../../shared/parts/list'
import { Page, Section } from '../../shared/parts/page'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { notify } from '../../shared/say'
import { t } from '../../shared/texts'
import { healthText, healthTone, peerErrorText } from '../connections'

type Peer = Schemas['Peer']
type Step = 'suspend' | 'remove'

/** Somebody has to decide which key is this peer's; who was removed is asked about no more. */
const doubted = (peer: Peer): boolean => peer.state !== 'removed' && (peer.frozen !== null || peer.other_fingerprint !== null)

function Fingerprint({ of, digits }: { of: string; digits: string }) {
  return (
    <div class="fingerprint">
      <span class="fingerprint__of">{of}</span>
      <code>{digits}</code>
    </div>
  )
}

function Compare({ peer, onChanged }: { peer: Peer; onChanged: () => void }) {
  const heard = useSignal('') // the digits themselves: other keys may be named while somebody is on the telephone
  const missing = useSignal(false)
  const { busy, problem, run } = useAction()
  const { fingerprint: known, other_fingerprint: other } = peer
  const confirm = () => {
    const fingerprint = heard.value
    missing.value = fingerprint === '' || ![known, other].includes(fingerprint)
    if (missing.value) return
    void run(async () => {
      await call('post', '/api/v1/peers/{authority}/confirm', { path: { authority: peer.authority }, body: { fingerprint } })
      notify(t(doubted(peer) ? 'admin.key_decided' : 'admin.peer_confirmed', { city: peer.name }))
      onChanged()
    })
  }
  return (
    <Section title={t('admin.compare')}>
      <ol class="steps">
        <li>{t('admin.compare_call', { city: peer.name })}</li>
        <li>{t('admin.compare_theirs', { city: peer.name })}
          <Fingerprint of={other ? t('admin.key_known') : peer.name} digits={known} />
          {other && <Fingerprint of={t('admin.key_other')} digits={other} />}
        </li>
        <li>{t('admin.compare_ours')}<Fingerprint of={t('admin.ours')} digits={peer.our_fingerprint} /></li>
      </ol>
      {other
        ? <RadioGroup legend={t('admin.compare_which', { city: peer.name })} value={heard.value} onValue={(digits) => { heard.value = digits }} choices={[[known, t('admin.key_known')], [other, t('admin.key_other')]]} />
        : <CheckField label={t('admin.compare_same')} checked={heard.value === known} onChecked={(on) => { heard.value = on ? known : '' }} />}
      {missing.value && <p class="cell-error" role="alert">{t(other ? 'admin.compare_which_missing' : 'admin.compare_missing')}</p>}
      <ProblemAlert problem={problem.value} />
      <div><Button kind="primary" busy={busy.value} onClick={confirm}>{t(other ? 'admin.key_decide' : 'admin.peer_confirm')}</Button></div>
    </Section>
  )
}

/** What is doubtful about the key; the API's own sentence is for the command line and the log. */
function Doubt({ peer }: { peer: Peer }) {
  const city = peer.name
  return (
    <Alert tone={peer.frozen === null ? 'warning' : 'danger'} title={t(peer.other_fingerprint ? 'admin.two_keys' : 'admin.key_doubted', { city })}>
      <p>{t(peer.frozen === null ? 'admin.key_waits' : 'admin.key_frozen', { city })}</p>
      <p>{t('admin.compare_neither', { city })}</p>
    </Alert>
  )
}

function Body({ peer, onChanged }: { peer: Peer; onChanged: () => void }) {
  const asking = useSignal<Step | null>(null)
  const { busy, problem, run } = useAction()
  const path = { authority: peer.authority }
  const resume = () =>
    run(async () => {
      await call('post', '/api/v1/peers/{authority}/resume', { path })
      onChanged()
    })
  const act = async (step: Step, reason: string) => {
    await call('post', `/api/v1/peers/{authority}/${step}`, { path, body: { reason } })
    onChanged()
  }
  return (
    <>
      <div class="state">
        <Badge tone={healthTone(peer)}>{t(`peer.state.${peer.state}`)}</Badge>
        <span class="muted">{healthText(peer)}</span>
      </div>
      {doubted(peer) && <Doubt peer={peer} />}
      {(doubted(peer) || peer.state === 'invited' || peer.state === 'removed') && <Compare peer={peer} onChanged={onChanged} />}
      <Section title={t('admin.peer_facts')}>
        <Facts
          facts={[
            [t('admin.authority'), peer.authority],
            [t('field.country'), countryName(peer.country)],
            [t('admin.peer_source'), peer.via ? t('admin.source_registry', { office: peer.via.name }) : t('admin.source_manual')],
            [t('admin.last_contact'), peer.last_contact_at && moment(peer.last_contact_at)],
            [t('admin.last_error'), peer.last_error && <>{peerErrorText(peer.last_error)} <code>{peer.last_error}</code></>],
            [t('admin.lag'), number(peer.lag)],
            [t('admin.entries'), number(peer.entries)],
            [t('transition.reason'), peer.suspended_reason],
            [t('admin.fingerprint'), <code>{peer.fingerprint}</code>],
            [t('admin.our_fingerprint'), <code>{peer.our_fingerprint}</code>],
          ]}
        />
      </Section>
      <ProblemAlert problem={problem.value} />
      <div class="actions">
        {peer.state === 'active' && <Button onClick={() => { asking.value = 'suspend' }}>{t('admin.suspend')}</Button>}
        {peer.state === 'suspended' && peer.frozen === null && <Button busy={busy.value} onClick={() => void resume()}>{t('admin.resume')}</Button>}
        {peer.state !== 'removed' && <Button kind="tertiary" icon="delete" onClick={() => { asking.value = 'remove' }}>{t('admin.remove')}</Button>}
      </div>
      {asking.value && (
        <ReasonDialog title={t(`admin.${asking.value}_title`, { city: peer.name })} text={t(`admin.${asking.value}_text`)} label={t('transition.reason')} required
          submit={t(`admin.${asking.value}`)} draft={`${peer.authority}.${asking.value}`} act={(reason) => act(asking.value!, reason!)} onClose={() => { asking.value = null }} />
      )}
    </>
  )
}

export function PeerDetail({ authority }: { authority: string }) {
  const peer = useLoad(authority, () => call('get', '/api/v1/peers/{authority}', { path: { authority } }), LIVE)
  return (
    <Page title={peer.data.value?.name ?? authority} back={{ href: '/administration/peers', text: t('admin.peers') }}>
      <Shown of={peer}>{(shown) => <Body peer={shown} onChanged={() => void peer.reload()} />}</Shown>
    </Page>
  )
}
