# Sourced by run and long: runs parts, counts their seconds, and prints both at the end.
export FENMING_TOOLS=all CI=true CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0 RUST_BACKTRACE=1
exec </dev/null

names=()
seconds=()
passed=0
failed=0
current=""

part() {
  current="$1"
  shift
  printf '\n==> %s\n' "$current"
  local began=$SECONDS
  "$@"
  names+=("$current")
  seconds+=($((SECONDS - began)))
  current=""
}

# Runs the test command as a part, and adds up what its summaries say.
tests() {
  mkdir -p target
  part "tests" counted "$@"
}

counted() {
  local log=target/tests.log status=0
  "$@" 2>&1 | tee "$log" || status=$?
  local sums
  sums=$(awk '/^test result:/ { passed += $4; failed += $6 } END { print passed + 0, failed + 0 }' "$log")
  read -r passed failed <<<"$sums"
  return "$status"
}

closing() {
  local status=$?
  printf '\n%-16s %8s\n' "part" "seconds"
  local n
  for n in "${!names[@]}"; do
    printf '%-16s %8d\n' "${names[$n]}" "${seconds[$n]}"
  done
  printf '%-16s %8d\n' "total" "$SECONDS"
  if [ "$status" -ne 0 ]; then
    printf '\nfailed in: %s\n' "${current:-unknown}"
  elif [ "$passed" -eq 0 ]; then
    printf '\nno test was run\n'
    status=1
  fi
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  exit "$status"
}
trap closing EXIT
