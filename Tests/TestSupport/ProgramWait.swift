import Foundation

/// Why a test cannot continue: an event did not happen, or a tool failed.
package struct ProgramTrouble: Error, CustomStringConvertible {
    /// The sentence for the test report.
    package let description: String

    /// Takes the sentence.
    package init(_ description: String) { self.description = description }
}

/// Asks again and again until `condition` gives something; throws when the time is over.
///
/// The time is for what never happens: no machine is so slow, not even an emulated one.
package func awaiting<Value>(
    _ what: @autoclosure () -> String, seconds: Double = 120, _ condition: () throws -> Value?
) throws -> Value {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try condition() { return value }
        guard ContinuousClock.now < end else {
            throw ProgramTrouble("after \(seconds) s still not: \(what())")
        }
        Thread.sleep(forTimeInterval: 0.005)
    }
}

/// The same for a condition.
package func awaiting(
    _ what: @autoclosure () -> String, seconds: Double = 120, _ condition: () throws -> Bool
) throws {
    let _: Bool = try awaiting(what(), seconds: seconds) { try condition() ? true : nil }
}
