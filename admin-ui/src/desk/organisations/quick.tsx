// Adds an organisation without leaving the form that needs it.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { useAction } from '../../shared/load'
import { Dialog } from '../../shared/parts/dialog'
import { RadioGroup, TextField } from '../../shared/parts/field'
import { fieldErrors } from '../../shared/parts/form'
import { t } from '../../shared/texts'

export const sectors = ['civil_society', 'company', 'public_administration'] as const
export type Sector = Schemas['Sector']

interface QuickOrganisationProps {
  name: string
  sector: Sector
  onAdded: (organisation: Schemas['OrganisationRef']) => void
  onClose: () => void
}

export function QuickOrganisation({ name: typed, sector: likely, onAdded, onClose }: QuickOrganisationProps) {
  const name = useSignal(typed)
  const sector = useSignal<Sector>(likely)
  const { busy, problem, run } = useAction()
  const add = () =>
    run(async () => {
      const added = await call('post', '/api/v1/organisations', { body: { name: name.value.trim(), sector: sector.value } })
      onAdded({ id: added.id, name: added.name })
      onClose()
    })
  return (
    <Dialog title={t('organisations.new_title')} submit={t('organisations.add')} busy={busy.value} problem={problem.value} conflict="organisations.exists"
      onSubmit={() => void add()} onClose={onClose}>
      <TextField name="quick_name" label={t('field.organisation_name')} maxLength={200} value={name.value} error={fieldErrors(problem.value).name} onValue={(value) => { name.value = value }} />
      <RadioGroup legend={t('field.sector')} value={sector.value} onValue={(value) => { sector.value = value as Sector }} choices={sectors.map((code) => [code, t(`sector.${code}`)])} />
    </Dialog>
  )
}
