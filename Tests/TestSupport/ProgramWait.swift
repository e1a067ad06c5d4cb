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
        let asked = ContinuousClock.now
        if let value = try condition() { return value }
        let answered = ContinuousClock.now
        guard answered < end else {
            throw ProgramTrouble("after \(seconds) s still not: \(what())")
        }
        // On an emulated processor, a costly question would delay what it waits for.
        let pause = min(max((answered - asked) * 2, .milliseconds(5)), .milliseconds(300))
        Thread.sleep(forTimeInterval: pause / .seconds(1))
    }
}

/// The same for a condition.
package func awaiting(
    _ what: @autoclosure () -> String, seconds: Double = 120, _ condition: () throws -> Bool
) throws {
    let _: Bool = try awaiting(what(), seconds: seconds) { try condition() ? true : nil }
}
