import Foundation
import Synchronization
import TestSupport

/// Creates and removes cgroups on its own thread until stopped.
final class Churn: Sendable {
    private let stopped = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)
    private let count = Atomic(0)

    /// How many were made.
    var made: Int { count.load(ordering: .relaxed) }

    init(_ scratch: ScratchHierarchy) {
        Thread.detachNewThread { [self] in
            var number = 0
            while !stopped.load(ordering: .relaxed) {
                // Names come again, as those of short jobs do.
                let name = "churn-\(number % 7)"
                try? scratch.make(name)
                try? scratch.make("\(name)/child")
                count.add(2, ordering: .relaxed)
                if number % 3 == 0 { usleep(1500) }
                try? scratch.remove("\(name)/child")
                try? scratch.remove(name)
                number += 1
            }
            ended.signal()
        }
    }

    func stop() {
        stopped.store(true, ordering: .relaxed)
        ended.wait()
    }
}
