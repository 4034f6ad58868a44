// The next steps that the node allows: the usual one stands out, a reason is asked for where it is needed.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { useAction } from '../../shared/load'
import { Button, ProblemAlert } from '../../shared/parts/basic'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { announce } from '../../shared/say'
import { t } from '../../shared/texts'
import type { Item, Noun, State } from './noun'

type Allowed = Schemas['ProposalAllowed'] | Schemas['OfferAllowed']

// Ways out, as opposed to steps on the way.
const exits: readonly State[] = ['declined', 'withdrawn', 'expired', 'not_feasible', 'needs_information']

export function Transitions({ noun, item, onChanged }: { noun: Noun; item: Item; onChanged: () => void }) {
  const asking = useSignal<Allowed | null>(null)
  const { busy, problem, run } = useAction()

  const move = async (to: State, reason: string | null) => {
    await call('post', `/api/v1/${noun.plural}/{id}/transitions`, { path: { id: item.id }, body: { to, reason } as never })
    announce(t('transition.done', { state: t(`state.${to}`) }))
    onChanged()
  }
  const start = (allowed: Allowed) => {
    if (allowed.needs_reason) asking.value = allowed
    else void run(() => move(allowed.to, null))
  }
  if (item.allowed_transitions.length === 0) return null
  const usual = item.allowed_transitions.find(({ to }) => !exits.includes(to))
  return (
    <div class="next" role="group" aria-label={t('transition.label')}>
      <p class="next__title">{t('transition.label')}</p>
      <div class="actions">
        {item.allowed_transitions.map((allowed) => (
          <Button key={allowed.to} kind={allowed === usual ? 'primary' : 'secondary'} busy={busy.value} onClick={() => start(allowed)}>
            {t(`to.${noun.one}.${allowed.to}`)}
          </Button>
        ))}
      </div>
      <ProblemAlert problem={problem.value} />
      {asking.value && (
        <ReasonDialog title={t(`to.${noun.one}.${asking.value.to}`)} label={t('transition.reason')} hint={t('transition.reason_hint')} required
          submit={t(`to.${noun.one}.${asking.value.to}`)} draft={`${item.id}.${asking.value.to}`}
          act={(reason) => move(asking.value!.to, reason)} onClose={() => { asking.value = null }} />
      )}
    </div>
  )
}
