extension Recipe {
  /// The recipes that come with the program, each with what it is for.
  static let samples = [
    ("record.yaml", "live senders into an archive of slices; every key of `record`"),
    ("after-session.yaml", "a playable file of each participant; every key of `merge`"),
    ("transcoded.yaml", "one codec and one size; every key of `transcode`"),
    ("podcast.yaml", "a podcast from a call; every key of `mix`"),
    ("snapshots.yaml", "pictures alone; every key of `snapshot`"),
    ("convert.yaml", "files to another format; every key of `convert`"),
    ("lesson-replay.yaml", "a lesson to watch again, with pictures to find a place"),
    ("compliance-archive.yaml", "everything as it was sent, in one file, with proofs"),
    ("support-call-audit.yaml", "many calls at once, to listen to and to transcribe"),
    ("highlights.yaml", "a piece of a session with its thumbnails; a step on another's outputs"),
    ("snapshots-and-files.yaml", "pictures beside files"),
    ("audio-as-sent.yaml", "the sound of each participant, nothing encoded"),
    ("mixed-audio.yaml", "one audio file of all, as services make it after a call"),
    ("service-request.json", "a recording service's own request, which is a recipe too"),
    ("workflows/", "recipes in Snakemake, Slurm and Airflow"),
  ]
}
