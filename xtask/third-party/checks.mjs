// How the scripts here check things one after the other, and tell of it.

/** Runs all of them, prints each, and at last `N passed, M failed`. */
export async function run(checks) {
  let [passed, failed] = [0, 0]
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check()
      passed += 1
      console.log(`ok     ${name}`)
    } catch (error) {
      // Whatever it is, the next check may still tell us something.
      failed += 1
      console.log(`FAILED ${name}: ${error.message}`)
      console.error(error)
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed ? 1 : 0)
}
