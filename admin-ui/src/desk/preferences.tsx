// Language and colours, within reach on every screen.
import { call } from '../shared/api'
import { languages, type Language } from '../shared/languages'
import { useAction } from '../shared/load'
import { ProblemAlert } from '../shared/parts/basic'
import { session, user } from '../shared/session'
import { chooseLanguage, language, t } from '../shared/texts'
import { theme, themes, type Theme } from '../shared/theme'

const names: Record<Language, string> = { de: 'Deutsch', nl: 'Nederlands', fr: 'Français', en: 'English' }

async function change(wanted: Language): Promise<void> {
  // What is on the screen is also stored: whoever reloads at once reads the same language.
  if (user.value) session.value = await call('patch', '/api/v1/me', { body: { language: wanted } })
  await chooseLanguage(wanted)
}

export function Preferences() {
  const { problem, run } = useAction()
  return (
    <div class="preferences">
      <label>
        <span>{t('preferences.language')}</span>
        <select value={language.value} onChange={(event) => void run(() => change(event.currentTarget.value as Language))}>
          {languages.map((code) => <option key={code} value={code} lang={code}>{names[code]}</option>)}
        </select>
      </label>
      <label>
        <span>{t('preferences.theme')}</span>
        <select value={theme.value} onChange={(event) => { theme.value = event.currentTarget.value as Theme }}>
          {themes.map((name) => <option key={name} value={name}>{t(`theme.${name}`)}</option>)}
        </select>
      </label>
      <ProblemAlert problem={problem.value} />
    </div>
  )
}
