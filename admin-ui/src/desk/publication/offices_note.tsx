// An office gets what is published too; it is no reader.
import type { Schemas } from '../../shared/api'
import { t } from '../../shared/texts'

export function OfficesNote({ receivers }: { receivers: Schemas['Receiver'][] }) {
  const offices = receivers.filter(({ role }) => role === 'office')
  return <>{offices.map(({ authority, name }) => <p key={authority} class="hint">{t('publication.office', { office: name })}</p>)}</>
}
