import Media

/// From now on, what libav logs while media is read and made is shown on standard error.
package func showLibavMessages() { Log.install(verbose: true) }
