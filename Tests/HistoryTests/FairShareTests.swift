import CgroupModel
import KernelIO
import TestSupport
import Testing

@testable import History

/// A tenant with very many cgroups does not shorten the history of others.
@Suite struct FairShareTests {
    /// A host with two services and a tenant with so many cgroups below its own.
    private static func sample(_ tick: UInt64, tenant: Int) -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = tick
        for path in [
            "/", "/system.slice", "/system.slice/a.service", "/system.slice/b.service",
            "/user.slice", "/user.slice/user-7.slice", "/user.slice/user-7.slice/x",
        ] { builder.add(path, ["memory.current": Reading(tick)]) }
        for number in 0..<tenant {
            let path = "/user.slice/user-7.slice/x/c\(number)"
            builder.add(
                path, inode: 5000 + UInt64(number), generation: 100 + UInt64(tenant - number),
                ["memory.current": Reading(tick * UInt64(number))])
        }
        return builder.build()
    }

    private static let tenant = CgroupPath("/user.slice/user-7.slice")

    @Test func onlyTheLargestPartLosesItsDeepestAndYoungest() {
        let share = FairShare(historyBytes: 100 << 19)
        #expect(share.most == 100)
        let few = Self.sample(3, tenant: 93)
        #expect(share.thin(few).snapshot == few && share.thin(few).omissions == [])
        let (kept, omissions) = share.thin(Self.sample(3, tenant: 500))
        #expect(kept.cgroups.count == 100)
        #expect(omissions == [Omission(path: Self.tenant, count: 407)])
        let paths = Set(kept.cgroups.map(\.path.text))
        for path in Self.sample(3, tenant: 0).cgroups { #expect(paths.contains(path.path.text)) }
        // The oldest ones have the lowest generations.
        #expect(paths.contains(Self.tenant.text + "/x/c499"))
        #expect(!paths.contains(Self.tenant.text + "/x/c3"))
        for (row, entry) in kept.cgroups.enumerated() {
            #expect(entry.parent.map { kept.cgroups[$0].path } == entry.path.parent)
            if entry.path.depth == 4 {
                let number = UInt64(entry.path.name.dropFirst()) ?? 0
                #expect(kept[row, .memoryUsage].value == 3 * number)
            }
        }
    }

    @Test func everyPartKeepsItsLeastWhateverTheOthersDo() {
        let share = FairShare(historyBytes: 1 << 20)
        var builder = SnapshotBuilder()
        for part in 0..<40 {
            builder.add("/p\(part)")
            for child in 0..<63 { builder.add("/p\(part)/c\(child)") }
        }
        let host = builder.build()
        #expect(share.thin(host).snapshot == host && share.thin(host).omissions == [])
    }

    /// The whole road: what is left out is not on disk, and the reader learns it from each tier.
    @Test func readerLearnsWhatWasLeftOut() throws {
        let folder = try ScratchFolder()
        let directory = folder.path("history")
        let readers = AppendedFile.Readers(group: nil)
        _ = try OwnDirectory(making: directory, readers: readers)
        func write(_ bounds: HistoryBounds, tenant: (UInt64) -> Int) throws -> UInt64 {
            var tiers = try HistoryTiers(directory, bounds, RecordingTests.origin, readers)
            for tick in 1..<26 as Range<UInt64> {
                try tiers.take(Self.sample(tick, tenant: tenant(tick)))
            }
            try tiers.finish()
            return AppendedFile.size(of: directory + "/fine")
        }
        var bounds = HistoryBounds()
        bounds.largest = 100 << 19
        let size = try write(bounds) { $0 == 10 ? 0 : 5000 }
        // A hundred cgroups of a few bytes each.
        #expect(size < 70_000, "\(size)")
        for tier in ["", "/fine", "/medium"] {
            var past = try Past(directory + tier)
            try past.frames(0...(.max)) { frame in
                let tick = frame.snapshot.tick
                let omitted = tick == 10 ? [] : [Omission(path: Self.tenant, count: 4907)]
                #expect(frame.omissions == omitted, "\(tick)")
                #expect(frame.snapshot.cgroups.count == (tick == 10 ? 7 : 100))
                return true
            }
            #expect(past.notes == [])
        }
    }
}
