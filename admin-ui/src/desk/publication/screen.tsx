// Before anything leaves the city: exactly what would, what is to be said against it, and who has it afterwards.
import { useSignal } from '@preact/signals'
import { call } from '../../shared/api'
import { LIVE, useLoad } from '../../shared/load'
import { Alert, Button } from '../../shared/parts/basic'
import { Shown } from '../../shared/parts/list'
import { Page, Section } from '../../shared/parts/page'
import { mayWrite } from '../../shared/session'
import { t } from '../../shared/texts'
import { finished, type Noun } from '../noun'
import { Prepare } from './prepare'
import type { Publishing } from './publishing'
import { Received } from './received'

/** What is published and up to date needs no form until somebody asks for it. */
function Wording(props: Publishing & { onChanged: () => void }) {
  const { publication } = props
  const asked = useSignal(false)
  const published = publication.state === 'published'
  const settled = publication.state === 'erased' || (published && publication.current)
  if (settled && !asked.value) {
    return <div><Button icon="edit" onClick={() => { asked.value = true }}>{t(published ? 'publication.again' : 'publication.anew')}</Button></div>
  }
  const done = () => {
    asked.value = false
    props.onChanged()
  }
  return (
    <Section title={t(published ? 'publication.again' : 'publication.prepare')} arrive={asked.value}>
      <Prepare {...props} onChanged={done} />
    </Section>
  )
}

export function PublicationScreen({ noun, id }: { noun: Noun; id: string }) {
  const loaded = useLoad(id, async () => {
    const [item, publication] = await Promise.all([
      call('get', `/api/v1/${noun.plural}/{id}`, { path: { id } }),
      call('get', `/api/v1/${noun.plural}/{id}/publication`, { path: { id } }),
    ])
    return { item, publication }
  }, LIVE)
  const title = loaded.data.value?.item.title
  return (
    <Page title={t('publication.title')} lead={t('publication.lead')} back={{ href: `/${noun.plural}/${id}`, text: title ?? t('action.back') }}>
      <Shown of={loaded}>
        {({ item, publication }) => (
          <>
            {publication.state !== 'none' && <Received noun={noun} item={item} publication={publication} onChanged={() => void loaded.reload()} />}
            {!mayWrite.value && publication.state === 'none' && <Alert tone="info" title={t('publication.none')} />}
            {mayWrite.value && finished.has(item.state) && publication.state !== 'published' && <Alert tone="info" title={t('publication.finished')} />}
            {mayWrite.value && !finished.has(item.state) && <Wording noun={noun} item={item} publication={publication} onChanged={() => void loaded.reload()} />}
          </>
        )}
      </Shown>
    </Page>
  )
}
