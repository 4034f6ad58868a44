import { LinkButton } from '../shared/parts/basic'
import { Page } from '../shared/parts/page'
import { t } from '../shared/texts'

export function NotFound() {
  return (
    <Page title={t('not_found.title')} lead={t('not_found.text')}>
      <div><LinkButton href="/" kind="primary">{t('not_found.home')}</LinkButton></div>
    </Page>
  )
}

export function NotAllowed() {
  return (
    <Page title={t('problem.forbidden.title')} lead={t('not_allowed.text')}>
      <div><LinkButton href="/">{t('not_found.home')}</LinkButton></div>
    </Page>
  )
}
