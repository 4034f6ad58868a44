// Lints node/api/openapi.yaml with Redocly's recommended rules.
import { fileURLToPath } from 'node:url'
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core'

const config = await createConfig({
  extends: ['recommended'],
  rules: {
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-4xx-response': 'off', // `default` answers for them where an operation has none of its own
    'tag-description': 'error',
    'no-unused-components': 'error',
  },
})
const ref = fileURLToPath(new URL('../../node/api/openapi.yaml', import.meta.url))
const problems = await lint({ ref, config })
const totals = getTotals(problems)
if (problems.length > 0) formatProblems(problems, { format: 'stylish', totals, version: '' })
console.log(`openapi.yaml: ${totals.errors} errors, ${totals.warnings} warnings`)
process.exit(totals.errors + totals.warnings === 0 ? 0 : 1)
