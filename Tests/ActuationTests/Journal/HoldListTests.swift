import CgroupModel
import Foundation
import KernelIO
import Testing

@testable import Actuation

@Suite struct HoldListTests {
    private let folder = NSTemporaryDirectory() + "cgwarden-holds-\(UUID().uuidString)"
    private let path = CgroupPath("/a")

    @Test func holdCoversDescendantsAndExpires() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let holds = HoldList(directory: folder)
        #expect(try holds.holds().isEmpty)
        _ = try holds.hold(path, for: .seconds(60))
        #expect(try holds.hold(of: CgroupPath("/a/b"))?.path == path)
        #expect(try holds.hold(of: CgroupPath("/ab")) == nil)
        #expect(try holds.holds(now: .max).isEmpty)
        #expect(try holds.release(path))
        #expect(try holds.holds().isEmpty)
        #expect(try !holds.release(path), "it was not on hold any more")
    }

    /// The wall clock may be set; the boot clock only advances.
    @Test func holdIsTimedByTheBootClock() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let before = MonotonicClock.bootNanoseconds / 1000
        let hold = try HoldList(directory: folder).hold(path, for: .seconds(60))
        let after = MonotonicClock.bootNanoseconds / 1000
        #expect((before...after).contains(hold.end - 60_000_000))
    }

    @Test func holdOfLessThanASecondIsInForce() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let holds = HoldList(directory: folder)
        let hold = try holds.hold(path, for: .milliseconds(500))
        #expect(try holds.holds(now: hold.end - 1) == [hold])
    }

    @Test func longestPossibleHoldIsInForce() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let holds = HoldList(directory: folder)
        let hold = try holds.hold(path, for: .microseconds(Int64.max))
        #expect(hold.end > Hold.now + 1_000_000)
        #expect(try holds.holds() == [hold])
    }

    /// Rules do not act on a cgroup that an operator may have taken over.
    @Test func unreadableListHoldsEverything() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let holds = HoldList(directory: folder)
        #expect(holds.obstacle(on: path) == nil)
        _ = try holds.hold(path, for: .seconds(60))
        #expect(holds.obstacle(on: CgroupPath("/a/b")) == "held by an operator (/a)")
        #expect(holds.obstacle(on: CgroupPath("/b")) == nil)
        try FileManager.default.removeItem(atPath: folder + "/holds")
        try FileManager.default.createDirectory(
            atPath: folder + "/holds", withIntermediateDirectories: false)
        #expect(holds.obstacle(on: CgroupPath("/b"))?.contains("cannot be read") == true)
    }

    @Test func holdFromAnEarlierBootHasExpired() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try HoldList(directory: folder, bootID: "earlier").hold(path, for: .seconds(60))
        #expect(try HoldList(directory: folder).holds().isEmpty)
        #expect(try HoldList(directory: folder, bootID: "earlier").holds().count == 1)
    }
}
