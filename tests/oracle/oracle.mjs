// One IAM simulation a line in, one answer a line out, in the order asked.
import { runSimulation } from '@cloud-copilot/iam-simulate'
import readline from 'node:readline'

for await (const line of readline.createInterface({ input: process.stdin })) {
  const run = await runSimulation(JSON.parse(line), {})
  const answer =
    run.resultType === 'error'
      ? { error: run.errors }
      : { decision: run.overallResult, ignored: run.result?.ignoredContextKeys ?? [] }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
