import CgroupModel
import Testing

@testable import PolicyLanguage

@Suite struct GlobTests {
    @Test(arguments: [
        ("/ci.slice/*.scope", "/ci.slice/a.scope", true),
        ("/ci.slice/*.scope", "/ci.slice/a/b.scope", false),
        ("/user.slice/**", "/user.slice/a/b", true),
        ("/user.slice/**", "/user.slice", false),
        ("/a/{b,c}?", "/a/c1", true),
        ("/a/{b,c}?", "/a/c", false),
        ("/[a-c]x", "/bx", true),
        ("/[!a-c]x", "/bx", false),
        ("a", "/a", true),
        ("/*/*/*/*/*/*/*/*/x", "/a/a/a/a/a/a/a/a/y", false),
    ])
    func pathsMatchAsAWhole(pattern: String, path: String, matches: Bool) throws {
        #expect(try #require(PathPattern(pattern)).matches(CgroupPath(path)) == matches)
    }

    @Test(arguments: [
        ("/ci.slice/*.scope", "/ci.slice", false),
        ("/ci.slice/a*", "/ci.slice", false),
        ("/ci.slice/a.scope", "/ci.slice/a.scope", true),
        ("ci.slice", "/ci.slice", true),
        ("/a/b/**", "/a/b", false),
        ("/a/{b,c}/d", "/", false),
        ("/a/b/[cd]", "/a/b", false),
        ("**/x", "/", false),
        ("/a\\x2f/b", "/", false),
        ("/../a", "/", false),
        ("/", "/", true),
    ])
    func aPatternNamesTheTopOfItsMatches(pattern: String, path: String, isOnly: Bool) throws {
        let top = try #require(PathPattern(pattern)).top
        #expect(top == (CgroupPath(path), isOnly))
    }

    @Test func textPatternsHaveNoSeparator() throws {
        #expect(try #require(TextPattern("backup*.service")).matches("backup-a/b.service"))
    }

    /// Each pair of braces keeps a copy of the rest.
    @Test func patternWithManyBracesIsRefused() {
        #expect(PathPattern("/" + String(repeating: "{}", count: 16)) != nil)
        #expect(PathPattern("/" + String(repeating: "{}", count: 20_000)) == nil)
    }

    @Test(arguments: ["/a[b", "/a{b,c"])
    func unclosedPatternIsRefused(pattern: String) {
        #expect(PathPattern(pattern) == nil)
    }

    @Test func patternsMatchInLinearTime() throws {
        let pattern = String(repeating: "**a", count: 30)
        let text = "/" + String(repeating: "a", count: 200) + "b"
        #expect(try #require(PathPattern(pattern)).matches(CgroupPath(text)) == false)
    }
}
