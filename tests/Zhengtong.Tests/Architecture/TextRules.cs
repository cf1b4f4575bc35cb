using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Zhengtong.Kernel;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Architecture;

/// <summary>Every sentence stands in the resource files, in both languages, and is used.</summary>
public sealed partial class TextRules
{
    private static readonly string Sources = string.Join('\n', Repository.Files("src/Zhengtong", "*.cs").Concat(Repository.Files("src/Zhengtong", "*.razor")).Select(File.ReadAllText));

    [Fact]
    public void Texts_EachKey_IsThereInBothLanguagesWithTheSamePlaces()
    {
        var (chinese, english) = (Keys(".resx"), Keys(".en.resx"));
        chinese.Count.ShouldBeGreaterThan(50);
        Differences(chinese, english).ShouldBeEmpty();
    }

    [Fact]
    public void Texts_SeededDifferences_AreFound() => Differences(
        new() { ["m.a"] = "甲", ["m.b"] = "{0} 乙", ["m.c"] = "no Chinese here" }, new() { ["m.b"] = "b {1}", ["m.c"] = "no Chinese here", ["m.d"] = "d" }).Count().ShouldBe(4);

    [Fact]
    public void Texts_EachKey_NamesItsModule()
    {
        foreach (var file in Repository.Files("src/Zhengtong", "*Text*.resx"))
        {
            var module = Path.GetFileName(file).Split("Text")[0].ToLowerInvariant();
            Entries(file).Select(e => e.Key).Where(k => k.Split('.')[0].Replace("-", "", StringComparison.Ordinal) != module).ShouldBeEmpty(file);
            Entries(file).GroupBy(e => e.Key).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty($"{file}: the key stands twice");
        }
    }

    [Fact]
    public void Sources_EachTextAskedFor_Exists()
    {
        var asked = Asked(Sources);
        asked.Count.ShouldBeGreaterThan(30);
        var keys = Keys(".resx");
        asked.Where(k => !keys.ContainsKey(k)).ShouldBeEmpty("Add the key to both resource files");
        Asked("""Text.Of("web.none-such") Text.Of( "kernel.none", 1)""").ShouldBe(["web.none-such", "kernel.none"]);
    }

    [Fact]
    public void Texts_EachKey_IsUsed()
    {
        var keys = Keys(".resx").Keys.ToList();
        Unused(keys, Sources).ShouldBeEmpty("Nobody asks for it: take it out of both resource files");
        Unused(["web.used", "web.state.draft", "web.unused"], """Text.Of("web.used") + Text.Of($"web.state.{state}")""").ShouldBe(["web.unused"]);
    }

    [Fact]
    public void Program_NoSentence_StandsInCode()
    {
        var found = ChineseLiterals(typeof(Text).Assembly.Location).ToList();
        found.Where(f => !IsData(f.Where)).Select(f => $"{f.Where}: {f.Literal}").ShouldBeEmpty("A sentence belongs into the module's resource files");
        // The seed is compiled into this assembly.
        ChineseLiterals(typeof(TextRules).Assembly.Location).ShouldContain(f => f.Literal == Seed());
    }

    /// <summary>Names and contents of the demonstration province are data; so are the words a search or an import looks for.</summary>
    private static bool IsData(string where) => where.Contains(".Demo", StringComparison.Ordinal) || where.EndsWith(".ItemPaste", StringComparison.Ordinal)
        || where.EndsWith(".PersonalWords", StringComparison.Ordinal) || where.EndsWith(".ContentScoring", StringComparison.Ordinal)
        // What a guide looks for in the cells and headers of tables.
        || where.EndsWith(".GuideColumns", StringComparison.Ordinal) || where.EndsWith(".OpeningHours", StringComparison.Ordinal)
        // What is looked for in the cells and headers of files, and the name of a column that has none.
        || where.StartsWith("Zhengtong.OpenData.Import.", StringComparison.Ordinal);

    private static string Seed() => "这是一句写在程序里的话";

    private static Dictionary<string, string> Keys(string ending) => Repository.Files("src/Zhengtong", "*Text*.resx")
        .Where(f => ending == ".en.resx" ? f.EndsWith(".en.resx", StringComparison.Ordinal) : !f.EndsWith(".en.resx", StringComparison.Ordinal))
        .SelectMany(Entries).DistinctBy(e => e.Key).ToDictionary();

    private static IEnumerable<KeyValuePair<string, string>> Entries(string file) => XDocument.Load(file).Root!.Elements("data")
        .Select(d => KeyValuePair.Create((string)d.Attribute("name")!, (string?)d.Element("value") ?? ""));

    private static IEnumerable<string> Differences(Dictionary<string, string> chinese, Dictionary<string, string> english)
    {
        foreach (var key in chinese.Keys.Except(english.Keys)) { yield return $"{key} lacks English"; }
        foreach (var key in english.Keys.Except(chinese.Keys)) { yield return $"{key} lacks Chinese"; }
        foreach (var (key, text) in chinese.Where(c => english.ContainsKey(c.Key)))
        {
            if (!Places(text).SetEquals(Places(english[key]))) { yield return $"{key}: {string.Join(' ', Places(text))} in Chinese, {string.Join(' ', Places(english[key]))} in English"; }
            // What a theme looks for in a Chinese catalogue is Chinese for every reader.
            if (english[key].Any(IsChinese) && !key.EndsWith(".word", StringComparison.Ordinal)) { yield return $"{key}: Chinese in the English text"; }
            if (!text.Any(IsChinese) && text == english[key] && text.Count(char.IsLetter) > 3 && text.Contains(' ')) { yield return $"{key}: not Chinese"; }
            if (string.IsNullOrWhiteSpace(text) || string.IsNullOrWhiteSpace(english[key])) { yield return $"{key}: empty"; }
        }
    }

    private static HashSet<string> Places(string text) => [.. Place().Matches(text).Select(m => m.Groups[1].Value)];

    private static List<string> Asked(string source) => [.. TextOf().Matches(source).Select(m => m.Groups[1].Value).Distinct()];

    /// <summary>An indicator's title is asked for by the indicator's name: <c>exchange.rows</c> has the key <c>exchange.indicator.rows</c>; so is an event's.</summary>
    private static List<string> Unused(IEnumerable<string> keys, string source)
    {
        var literals = Literal().Matches(source).Select(m => m.Groups[1].Value).ToHashSet();
        var prefixes = Prefix().Matches(source).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Value).Where(p => p.Contains('.')).ToHashSet();
        return [.. keys.Where(k => !literals.Contains(k) && !literals.Contains(k.Replace(".indicator.", ".", StringComparison.Ordinal)) && !literals.Contains(k.Replace(".event.", ".", StringComparison.Ordinal)) && !prefixes.Any(p => k.StartsWith(p, StringComparison.Ordinal)) && !EnumWords.Contains(k[(k.IndexOf('.') + 1)..]))];
    }

    /// <summary>Words for an enum's values are asked for by its name: <c>state.awaiting-seals</c>.</summary>
    private static readonly HashSet<string> EnumWords = [.. typeof(Text).Assembly.GetTypes().Where(t => t.IsEnum && t.Namespace?.StartsWith("Zhengtong", StringComparison.Ordinal) == true)
        .SelectMany(t => Enum.GetNames(t).Select(n => $"{Kebab(t.Name)}.{Kebab(n)}"))];

    private static string Kebab(string name) => Capital().Replace(name, "-$1").TrimStart('-').ToLowerInvariant();

    private static IEnumerable<(string Where, string Literal)> ChineseLiterals(string assembly)
    {
        using var module = ModuleDefinition.ReadModule(assembly);
        foreach (var method in module.GetTypes().Where(t => t.FullName.StartsWith("Zhengtong.", StringComparison.Ordinal)).SelectMany(t => t.Methods).Where(m => m.HasBody))
        {
            foreach (var instruction in method.Body.Instructions.Where(i => i.OpCode == OpCodes.Ldstr))
            {
                // The product's name and a language's own name are the same in every language.
                if (instruction.Operand is string text && text != "中文" && text.Replace("政通", "", StringComparison.Ordinal).Any(IsChinese)) { yield return (method.DeclaringType.FullName, text); }
            }
        }
    }

    private static bool IsChinese(char c) => c is >= '\u4e00' and <= '\u9fff' or >= '\u3000' and <= '\u303f' or >= '\uff01' and <= '\uff5e';

    [GeneratedRegex("([A-Z])")]
    private static partial Regex Capital();

    [GeneratedRegex(@"\{(\d+)[^}]*\}")]
    private static partial Regex Place();

    [GeneratedRegex("""Text\.(?:Of|Find)\(\s*"([^"{]+)"\s*[,)]""")]
    private static partial Regex TextOf();

    [GeneratedRegex("\"([a-z-]+\\.[a-z0-9.-]+)\"")]
    private static partial Regex Literal();

    [GeneratedRegex("\\$\"([a-z-]+\\.[a-z0-9.-]*)\\{|\"([a-z-]+\\.[a-z0-9.-]*[.-])\"\\s*\\+")]
    private static partial Regex Prefix();
}
