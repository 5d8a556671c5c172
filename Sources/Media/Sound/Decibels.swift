import Glibc

/// The factor that changes an amplitude by so many decibels.
package func amplitude(decibels: Double) -> Double { pow(10, decibels / 20) }

/// An amplitude in decibels; full scale is zero.
package func decibels(amplitude: Double) -> Double { 20 * log10(amplitude) }
