# Sourced by the other scripts: Debian's packages, quietly, and only those that are missing.

# apt_install PACKAGE…: fails where there is no apt, no right to use it, or no such package. It never removes another one.
apt_install() {
  command -v apt-get >/dev/null || return 1
  local package missing=() as_root=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || return 1
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}" >&2
  # The list of packages may be absent, or so old that it names files that are gone.
  apt_get install "${missing[@]}" 2>/dev/null || { apt_get update && apt_get install "${missing[@]}"; }
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >/dev/null
}
