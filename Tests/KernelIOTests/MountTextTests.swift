import KernelIO
import Testing

/// `/proc/PID/mountinfo` and `/proc/PID/cgroup`, with everything that the kernel may put there.
@Suite struct MountTextTests {
    private func parse(_ line: String) -> MountInfo? {
        MountInfo.parse(Array("\(line)\n".utf8)).first
    }

    @Test func anyNumberOfOptionalFieldsIsParsed() throws {
        for optional in [
            "", "shared:9 ", "shared:9 master:1 ", "shared:1 master:2 propagate_from:3 unbindable ",
        ] {
            let mount = try #require(
                parse(
                    "34 31 0:31 / /sys/fs/cgroup/cpu rw,relatime \(optional)- cgroup cgroup rw,cpu,cpuacct"
                ))
            #expect(mount.type == "cgroup")
            #expect(mount.options == ["rw", "cpu", "cpuacct"])
            #expect(mount.device == Array("0:31".utf8))
            #expect(mount.mountPoint == Array("/sys/fs/cgroup/cpu".utf8))
        }
    }

    @Test func octalEscapesAreDecoded() throws {
        let mount = try #require(
            parse(#"1 2 0:3 /a\040b\134x /m\011n\012o#\040 rw - cgroup2 \040none rw"#))
        #expect(mount.root == Array(#"/a b\x"#.utf8))
        #expect(mount.mountPoint == Array("/m\tn\no# ".utf8))
        // Three octal digits only; what is not an escape stays.
        let odd = try #require(parse(#"1 2 0:3 /a\04 /b\089\40 rw - cgroup2 none rw"#))
        #expect(odd.root == Array(#"/a\04"#.utf8))
        #expect(odd.mountPoint == Array(#"/b\089\40"#.utf8))
    }

    @Test func namespacedRootsAreKept() throws {
        #expect(parse("1 2 0:3 /../.. /m rw - cgroup2 none rw")?.root == Array("/../..".utf8))
    }

    @Test func otherLinesAreSkipped() {
        let text = "\n1 2\n - \n1 2 0:3 / /m rw cgroup2 none rw\n1 2 0:3 / /m rw - cgroup2\n-\n"
        #expect(MountInfo.parse(Array(text.utf8)).isEmpty)
        #expect(MountInfo.parse([0xff, 0x20, 0x0a, 0x0a]).isEmpty)
        #expect(MountInfo.parse([]).isEmpty)
    }

    @Test func pathIsEverythingAfterTheSecondColon() throws {
        let lines = ProcCgroup.parse(
            Array("4:cpu,cpuacct:/a:b:c\n1:name=systemd:/x y\\z\t\n0::/gone (deleted)\n".utf8)
                + Array("7:pids:/".utf8) + [0xff, 0x0a])
        #expect(lines.map(\.hierarchy) == [4, 1, 0, 7])
        #expect(lines.map(\.controllers) == [["cpu", "cpuacct"], ["name=systemd"], [], ["pids"]])
        #expect(lines[0].path == Array("/a:b:c".utf8))
        #expect(lines[1].path == Array("/x y\\z\t".utf8))
        #expect(lines[2].path == Array("/gone (deleted)".utf8))
        #expect(lines[3].path == [0x2f, 0xff])
    }

    @Test func linesWithoutAPathAreSkipped() {
        let text = "4:cpu\nx:cpu:/\n4:cpu:relative\n:::\n0::/ok"
        #expect(ProcCgroup.parse(Array(text.utf8)).map(\.path) == [Array("/ok".utf8)])
    }

    @Test func processesAreSortedAndUnique() {
        let text = "30\n4\n30\n0\nx\n-4\n-1\n2147483648\n"
        #expect(ProcessIDs.parse(Array(text.utf8)) == [0, 4, 30])
    }
}
