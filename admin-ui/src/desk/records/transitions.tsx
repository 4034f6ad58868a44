// The next steps that the node allows: the usual one stands out, a reason is asked for where it is needed.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { useAction } from '../../shared/load'
import { Button, ProblemAlert } from '../../shared/parts/basic'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { announce } from '../../shared/say'
import { t, type TextKey } from '../../shared/texts'
import type { Item, Noun, State } from '../noun'

type Allowed = Schemas['ProposalAllowed'] | Schemas['OfferAllowed']

// Nothing leads back from these, so they are asked about first.
const ends: readonly State[] = ['declined', 'withdrawn', 'expired', 'not_feasible', 'completed']

// The node allows a proposal only proposal states, an offer only offer states; the types cannot say so.
const stepText = (noun: Noun, from: State, to: State) =>
  from === 'needs_information' && to === 'submitted' ? t('transition.answered') : t(`to.${noun.one}.${to}` as TextKey)

export function Transitions({ noun, item, onChanged }: { noun: Noun; item: Item; onChanged: () => void }) {
  const asking = useSignal<Allowed | null>(null)
  const { busy, problem, run } = useAction()

  const move = async (to: State, reason: string | null) => {
    await call('post', `/api/v1/${noun.plural}/{id}/transitions`, { path: { id: item.id }, body: { to, reason } as never })
    announce(t('transition.done', { state: t(`state.${to}`) }))
    onChanged()
  }
  const start = (allowed: Allowed) => {
    if (allowed.needs_reason || ends.includes(allowed.to)) asking.value = allowed
    else void run(() => move(allowed.to, null))
  }
  if (item.allowed_transitions.length === 0) return null
  // Ways out, as opposed to steps on the way, come last.
  const out = ({ to }: Allowed) => ends.includes(to) && to !== 'completed'
  const steps = item.allowed_transitions.filter((allowed) => !out(allowed))
  const exits = item.allowed_transitions.filter(out)
  const usual = steps.find(({ to }) => to !== 'needs_information')
  const asksBack = asking.value?.to === 'needs_information'
  return (
    <div class="next" role="group" aria-label={t('transition.label')}>
      <p class="next__title">{t('transition.label')}</p>
      <div class="actions">
        {[...steps, ...exits].map((allowed) => (
          <Button key={allowed.to} kind={allowed === usual ? 'primary' : out(allowed) ? 'tertiary' : 'secondary'} busy={busy.value} onClick={() => start(allowed)}>
            {stepText(noun, item.state, allowed.to)}
          </Button>
        ))}
      </div>
      <ProblemAlert problem={problem.value} />
      {asking.value && (
        <ReasonDialog title={stepText(noun, item.state, asking.value.to)} label={t(asksBack ? 'transition.question' : 'transition.reason')} hint={t(asksBack ? 'transition.question_hint' : 'transition.reason_hint')}
          text={ends.includes(asking.value.to) && t('transition.end')} required={asking.value.needs_reason}
          submit={stepText(noun, item.state, asking.value.to)} draft={`${item.id}.${asking.value.to}`}
          act={(reason) => move(asking.value!.to, reason)} onClose={() => { asking.value = null }} />
      )}
    </div>
  )
}
