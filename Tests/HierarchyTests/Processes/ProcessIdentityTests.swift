import CgroupModel
import Foundation
import Hierarchy
import Testing

@Suite struct ProcessCommandLineTests {
    private func text(_ bytes: [UInt8]) -> String {
        ProcessCommandLine(parsing: bytes, name: "kworker/0:1").text
    }

    @Test func argumentsAreSeparatedByNUL() {
        let command = ProcessCommandLine(parsing: Array("sh\0-c\0\0echo a\0".utf8), name: "sh")
        #expect(command.arguments == ["sh", "-c", "", "echo a"])
        #expect(command.text == "sh -c  echo a")
    }

    @Test func processWithoutArgumentsIsShownInBrackets() {
        #expect(text([]) == "[kworker/0:1]")
        #expect(text([0, 0]) == "[kworker/0:1]")
    }

    @Test func overwrittenTitleIsOneArgument() {
        #expect(text(Array("nginx: worker process\0\0\0\0".utf8)) == "nginx: worker process")
        #expect(text(Array("no end".utf8)) == "no end")
    }

    @Test func controlCharactersAreEscaped() {
        #expect(text(Array("a\u{1b}[2Jb\n\u{7f}\u{9b}".utf8)) == "a\\x1b[2Jb\\x0a\\x7f\\u{9b}")
        #expect(text(Array("\u{202e}evil ä 語 👍".utf8)) == "\\u{202e}evil ä 語 👍")
        #expect(text([0x61, 0xff, 0x62]) == "a\\xffb")
    }

    @Test func commandLineOfThisProcessIsParsed() throws {
        let command = ProcessCommandLine(parsing: try procFile("self/cmdline"), name: "x")
        // Foundation may know the same program by another spelling of its path.
        let own = ProcessInfo.processInfo.arguments.first?.split(separator: "/").last
        #expect(command.arguments.first?.split(separator: "/").last == own)
    }
}

@Suite struct NamespaceLinksTests {
    private func inode(_ kind: NamespaceKind, _ link: String) -> Reading {
        NamespaceLinks.inode(of: kind, link: Array(link.utf8))
    }

    @Test func namespaceLinkHasItsInode() {
        #expect(inode(.mnt, "mnt:[4026531841]") == Reading(4_026_531_841))
        #expect(inode(.pidForChildren, "pid:[5]") == Reading(5))
        #expect(inode(.timeForChildren, "time:[6]") == Reading(6))
    }

    @Test(arguments: [
        "", "mnt", "mnt:[", "mnt:[]", "mnt:[1", "mnt:1]", "pid:[1]", "mnt:[x]", "mnt:[-1]",
        "mnt:[18446744073709551616]", " mnt:[1]",
    ])
    func otherLinkTextIsMalformed(link: String) { #expect(inode(.mnt, link) == .malformed) }

    @Test func relationNeedsBothNamespaces() {
        var host = NamespaceLinks()
        var process = NamespaceLinks()
        host[.net] = Reading(1)
        host[.mnt] = Reading(2)
        host[.user] = .notPermitted
        process[.net] = Reading(1)
        process[.mnt] = Reading(3)
        process[.user] = Reading(4)
        process[.ipc] = .gone
        #expect(process.relation(of: .net, to: host) == .shared)
        #expect(process.relation(of: .mnt, to: host) == .own)
        #expect(process.relation(of: .user, to: host) == .unknown(.notPermitted))
        #expect(process.relation(of: .ipc, to: host) == .unknown(.gone))
        #expect(process.relation(of: .time, to: host) == .unknown(.absent))
    }

    @Test func namespacesOfThisProcessAreRead() throws {
        for kind in NamespaceKind.allCases {
            let path = "/proc/self/ns/\(kind.rawValue)"
            guard let link = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
            else { continue }
            #expect(inode(kind, link).value != nil, "\(kind) \(link)")
        }
    }
}

@Suite struct SecurityLabelTests {
    private func label(_ text: String) -> SecurityLabel { SecurityLabel(parsing: Array(text.utf8)) }

    @Test func appArmorLabelsAreParsed() {
        #expect(label("unconfined\n") == .appArmor(profile: "unconfined", mode: nil))
        #expect(
            label("docker-default (enforce)\n")
                == .appArmor(profile: "docker-default", mode: "enforce"))
        #expect(
            label("/usr/bin/a (b)//c (complain)\n")
                == .appArmor(profile: "/usr/bin/a (b)//c", mode: "complain"))
        #expect(
            label(":lxd:unconfined:x (mixed)")
                == .appArmor(
                    profile: ":lxd:unconfined:x", mode: "mixed"))
        #expect(label("firefox (enforce)").text == "firefox (enforce)")
    }

    @Test func seLinuxLabelsAreParsed() {
        let context = "system_u:system_r:container_t:s0:c1,c2"
        #expect(label(context + "\0") == .seLinux(context: context))
        #expect(label(context).text == context)
    }

    @Test func unknownLabelsAreKeptVerbatim() {
        #expect(label("_\n") == .other("_"))
        #expect(label("Pop (enforcing)") == .other("Pop (enforcing)"))
        #expect(label("(enforce)") == .other("(enforce)"))
        #expect(label("a\u{1b}b") == .other("a\\x1bb"))
    }

    @Test func emptyLabelMeansNoModule() {
        #expect(label("") == .noModule)
        #expect(label("\n\0") == .noModule)
        #expect(SecurityLabel.noModule.text == nil)
        #expect(SecurityLabel.noModule != .absent)
    }
}
