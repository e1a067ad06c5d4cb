import Foundation
import Synchronization

/// A clock that the test advances.
final class SettableTime: Sendable {
    private let time = Atomic<UInt64>(1_000_000_000_000)

    var now: UInt64 { time.load(ordering: .relaxed) }
    func set(_ nanoseconds: UInt64) { time.store(nanoseconds, ordering: .relaxed) }
    func advance(_ nanoseconds: UInt64) { time.add(nanoseconds, ordering: .relaxed) }
}

/// A gate that blocks threads, as a user's file system may.
final class Gate: Sendable {
    private let isOpen = Atomic(false)
    private let arrived = Atomic(0)

    /// How many have come to it.
    var arrivals: Int { arrived.load(ordering: .relaxed) }

    func open() { isOpen.store(true, ordering: .relaxed) }

    func pass() {
        arrived.add(1, ordering: .relaxed)
        while !isOpen.load(ordering: .relaxed) { Thread.sleep(forTimeInterval: 0.001) }
    }

    deinit { open() }
}

enum Pausing {
    static func briefly() throws {
        try Task.checkCancellation()
        Thread.sleep(forTimeInterval: 0.001)
    }
}
