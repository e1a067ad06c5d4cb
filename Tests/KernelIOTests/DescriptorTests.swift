import CgroupModel
import Foundation
import Glibc
import KernelIO
import TestSupport
import Testing

/// Kept files, the buffer that they are read into, and listings.
@Suite struct DescriptorTests {
    private final class Folder {
        let url = FileManager.default.temporaryDirectory
            .appending(path: "cgwarden-test-\(UUID().uuidString)")

        init(_ files: [String: Int]) throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (name, size) in files {
                try Data((0..<size).map { UInt8(truncatingIfNeeded: $0 % 251) })
                    .write(to: url.appending(path: name))
            }
        }

        deinit { try? FileManager.default.removeItem(at: url) }

        var bytes: [UInt8] { Array(url.path().utf8) }
    }

    @Test func bufferGrowsWithTheFile() throws {
        let sizes = [0, 1, 15, 16, 17, 63, 64, 65, 5000, 1 << 20, 1 << 21]
        let folder = try Folder(Dictionary(sizes.map { ("\($0)", $0) }, uniquingKeysWith: { $1 }))
        var buffer = ReadBuffer(capacity: 16)
        for size in sizes + sizes.reversed() {
            let file = try OwnedDescriptor.file(folder.bytes + Array("/\(size)".utf8))
            let code = buffer.fill(from: file.number)
            // A file as large as the limit may be larger: that cannot be told apart.
            guard size < ReadBuffer.limit else {
                #expect(code == EFBIG, "\(size)")
                continue
            }
            #expect(code == 0, "\(size)")
            #expect(buffer.array == (0..<size).map { UInt8(truncatingIfNeeded: $0 % 251) })
            #expect(buffer.fillToEnd(from: file.number) == 0)
            #expect(buffer.count == size)
        }
        #expect(buffer.fill(from: -1) == EBADF)
        #expect(buffer.count == 0)
    }

    @Test func openFilesStayWithinTheBudget() throws {
        let folder = try Folder(["a": 1, "b": 1, "c": 1])
        let directory = try OwnedDescriptor.directory(folder.bytes)
        var table = DescriptorTable(budget: 2)
        table.grow(to: 5)
        #expect(table[0] == DescriptorTable.Vacancy.untried)
        let number = directory.number
        #expect(table.open(0, Array("a".utf8), under: number, keep: true) == table[0])
        #expect(table.open(1, Array("b".utf8), under: number, keep: false) >= 0)
        #expect(table[1] == DescriptorTable.Vacancy.unkept)
        #expect(table.open(2, Array("b".utf8), under: number, keep: true) == table[2])
        #expect(table.open(3, Array("c".utf8), under: number, keep: true) >= 0)
        #expect(table[3] == DescriptorTable.Vacancy.unkept)
        #expect(table.open == 2)
        #expect(table.open(4, Array("d".utf8), under: number, keep: true) == -1)
        #expect(table[4] == DescriptorTable.Vacancy.absent)
        table.clear(0)
        #expect(table.open == 1)
        #expect(table.open(4, Array("c".utf8), under: number, keep: true) == table[4])
        table.closeAll()
        #expect(table.open == 0)
        #expect(table[4] == DescriptorTable.Vacancy.untried)
    }

    @Test func keptFilesAreClosedWhenDescriptorsRunOut() async throws {
        let folder = try Folder(["a": 1])
        let outcome = await Exhausted().outcome(in: folder.bytes)
        #expect(outcome.keptBefore == 40)
        #expect(outcome.exhausted == EMFILE)
        #expect(outcome.opened >= 0)
        #expect(outcome.directory >= 0)
        #expect(outcome.keptAfter == 40 - 16)
        // Closed files are reopened on demand, and the others are unchanged.
        #expect(outcome.vacancies == Set([DescriptorTable.Vacancy.unkept]))
    }

    @Test func newInodeIsANewDirectory() throws {
        let folder = try Folder(["file": 1])
        let root = try OwnedDescriptor.directory(folder.bytes)
        let child = folder.url.appending(path: "child")
        try FileManager.default.createDirectory(at: child, withIntermediateDirectories: false)
        var table = DescriptorTable(budget: 0)
        let inode = try OwnedDescriptor.directory(Array(child.path().utf8)).inode
        let name = Array("child".utf8)
        let same = table.openDirectory(name, under: root.number, inode: inode)
        #expect(same >= 0)
        DescriptorTable.release(same)
        #expect(
            table.openDirectory(name, under: root.number, inode: inode + 1)
                == DescriptorTable.Vacancy.absent)
        #expect(
            table.openDirectory(Array("file".utf8), under: root.number, inode: inode)
                == DescriptorTable.Vacancy.absent)
        #expect(
            table.openDirectory(name, under: -1, inode: inode) == DescriptorTable.Vacancy.failed)
    }

    @Test func listingHasEveryEntryOnce() throws {
        let names = (0..<1500).map { "entry \($0) \(String(repeating: "x", count: $0 % 200))" }
        let folder = try Folder(Dictionary(names.map { ($0, 0) }, uniquingKeysWith: { $1 }))
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: ".hidden.dir"), withIntermediateDirectories: false)
        let directory = try OwnedDescriptor.directory(folder.bytes)
        for _ in 0..<2 {
            let entries = try directory.entries(path: "the folder")
            #expect(entries.count == 1501)
            #expect(Set(entries.map(\.name.pathText)) == Set(names + [".hidden.dir"]))
            #expect(entries.filter(\.isDirectory).map(\.name.pathText) == [".hidden.dir"])
        }
    }

    @Test func errorsNameOperationAndPath() throws {
        let error = #expect(throws: IOError.self) {
            _ = try OwnedDescriptor.directory(Array("/proc/no such".utf8))
        }
        #expect(error?.isGone == true)
        #expect(error?.description == "cannot open /proc/no such: No such file or directory")
        let file = try OwnedDescriptor.file(Array("/proc/self/stat".utf8))
        #expect(throws: IOError.self) { try file.entries(path: "/proc/self/stat") }
    }
}

/// Uses up all descriptors of a thread with its own table, without affecting others.
private actor Exhausted {
    private nonisolated let executor = ThreadExecutor(name: "exhausted", ownDescriptorTable: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    struct Outcome {
        var keptBefore = 0
        var exhausted: Int32 = 0
        var opened: Int32 = -1
        var directory: Int32 = -1
        var keptAfter = 0
        var vacancies: Set<Int32> = []
    }

    func outcome(in path: [UInt8]) -> Outcome {
        var outcome = Outcome()
        guard let root = try? OwnedDescriptor.directory(path) else { return outcome }
        let name = Array("a".utf8)
        var table = DescriptorTable(budget: 40)
        table.grow(to: 41)
        for slot in 0..<40 { _ = table.open(slot, name, under: root.number, keep: true) }
        outcome.keptBefore = table.open
        var others: [Int32] = []
        while true {
            let other = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
            if other < 0 { break }
            others.append(other)
        }
        outcome.exhausted = errno
        outcome.opened = table.open(40, name, under: root.number, keep: true)
        outcome.directory = table.openDirectory(
            Array(".".utf8), under: root.number, inode: root.inode)
        outcome.keptAfter = table.open
        outcome.vacancies = Set((0...40).map { table[$0] }.filter { $0 < 0 })
        for other in others { close(other) }
        table.closeAll()
        if table[40] != outcome.opened { DescriptorTable.release(outcome.opened) }
        DescriptorTable.release(outcome.directory)
        return outcome
    }
}
