#!/bin/sh
# Runs a command, and runs it again where waiting may help: again.sh rushes run ...
#
# 75: another run uses the folder; 74: a disk is full or failed; 69: a service is away. Every other
# code stands for something that a second attempt would find as it was.
set -u
attempt=1
while :; do
  "$@"
  code=$?
  case $code in
    69 | 74 | 75) [ "$attempt" -lt 3 ] || exit $code ;;
    *) exit $code ;;
  esac
  sleep $((attempt * ${RUSHES_PAUSE:-10}))
  attempt=$((attempt + 1))
done
