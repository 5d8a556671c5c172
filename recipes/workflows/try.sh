#!/bin/sh
# Runs the workflows of this folder over two recordings, with the engines that are installed.
#
# Needs rushes and ffmpeg on the PATH. Prints a line for each engine; fails when one fails.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
recipe=$here/../after-session.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export RUSHES_PAUSE=1

ffmpeg -v error -f lavfi -i testsrc2=d=8:r=15:s=320x180 -f lavfi -i sine=d=8:r=48000 \
  -c:v libx264 -preset ultrafast -g 15 -c:a aac -shortest "$work/clip.ts"
for channel in history physics; do
  rushes record --channel $channel --source "1=$work/clip.ts" --source "2=$work/clip.ts" \
    --slice 2 -o "$work/archives" >/dev/null 2>&1
done

# Whether a run over both archives left what it must.
check() {
  for archive in "$work"/archives/*/; do
    out=$work/$1/$(basename "$archive")
    [ -s "$out/rushes-report.json" ] && [ "$(ls "$out"/*.mp4 | wc -l)" -eq 2 ] || {
      echo "$1: failed: $out lacks outputs"
      exit 1
    }
  done
  echo "$1: done"
}

# Whether an engine tells of a run that fails, lets the other one be made, and goes on with what is
# missing once the cause is gone: fails NAME COMMAND..., the last word of which is the output folder.
fails() {
  name=$1
  shift
  for folder; do :; done
  folder=${folder#out=}
  bad=$(ls "$work/archives" | head -n 1)
  good=$(ls "$work/archives" | tail -n 1)
  mkdir -p "$folder/$bad"
  # A file where a run wants the folder of its journal: it ends with 73.
  : >"$folder/$bad/.rushes"
  if "$@" >"$work/fails.log" 2>&1; then
    cat "$work/fails.log"
    echo "$name: failed: a run that failed counts as done"
    exit 1
  fi
  made=$(stat -c '%n %y' "$folder/$good"/*.mp4)
  rm "$folder/$bad/.rushes"
  "$@" >"$work/fails.log" 2>&1 || { cat "$work/fails.log"; exit 1; }
  check "$(basename "$folder")"
  [ "$made" = "$(stat -c '%n %y' "$folder/$good"/*.mp4)" ] || {
    echo "$name: failed: what was done was made again"
    exit 1
  }
}

if command -v snakemake >/dev/null; then
  make_by_snakemake() {
    snakemake -s "$here/Snakefile" --cores 2 --keep-going --directory "$work" \
      --config archives="$work/archives" "$1"
  }
  make_by_snakemake out="$work/snakemake" >"$work/snakemake.log" 2>&1 ||
    { cat "$work/snakemake.log"; exit 1; }
  check snakemake
  # A second run finds everything done.
  make_by_snakemake out="$work/snakemake" 2>&1 | grep -q "Nothing to be done"
  fails snakemake make_by_snakemake out="$work/snakemake-after-failure"
else
  echo "snakemake: not installed, skipped"
fi

if command -v sbatch >/dev/null && sinfo >/dev/null 2>&1; then
  make_by_slurm() {
    sbatch --wait --array=0-1 --output="$work/slurm-%a.log" "$here/array.sbatch" "$recipe" \
      "$work/archives" "$1"
  }
  make_by_slurm "$work/slurm" >/dev/null || { cat "$work"/slurm-*.log; exit 1; }
  check slurm
  fails slurm make_by_slurm "$work/slurm-after-failure"
else
  echo "slurm: no controller answers, skipped"
fi

if command -v airflow >/dev/null; then
  export AIRFLOW_HOME="$work/home" AIRFLOW__CORE__DAGS_FOLDER="$here" \
    AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    RUSHES_RECIPE="$recipe" RUSHES_ARCHIVES="$work/archives" RUSHES_OUT="$work/airflow"
  { airflow db migrate && airflow dags test rushes; } >"$work/airflow.log" 2>&1 ||
    { tail -n 50 "$work/airflow.log"; exit 1; }
  check airflow
else
  echo "airflow: not installed, skipped"
fi
