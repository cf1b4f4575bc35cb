using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Mono.Cecil;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Architecture;

/// <summary>Every page says who may see it, and no sentence stands in it.</summary>
public sealed partial class PageRules
{
    private static readonly Assembly Program = typeof(Platform).Assembly;

    /// <summary>Attributes and parameters that a person sees or hears.</summary>
    private static readonly HashSet<string> Spoken = new(StringComparer.OrdinalIgnoreCase) { "title", "alt", "aria-label", "placeholder", "label", "lead", "caption", "hint", "summary", "text", "heading" };

    /// <summary>Markup that is not language: names of the product, of formats and units.</summary>
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal) { "zh-CN", "en", "English", "JSON", "BibTeX", "CSV", "XLSX", "SHA-256", "HTTP", "kB", "MB", "GB", "ms" };

    [Fact]
    public void Pages_Each_SaysWhoMaySeeIt()
    {
        var pages = Program.GetTypes().Where(t => t.IsDefined(typeof(RouteAttribute))).ToList();
        pages.Count.ShouldBeGreaterThan(3);
        pages.SelectMany(Unsaid).ShouldBeEmpty("@attribute [Requires(Right.X)], or [AllowAnonymous] and the page in OpenPages");
        Unsaid(typeof(SeededPage)).ShouldNotBeEmpty();
        Unsaid(typeof(SeededOpenPage)).ShouldNotBeEmpty();
    }

    /// <summary>Pages for visitors. A page is added here on purpose, never by forgetting.</summary>
    private static readonly HashSet<string> OpenPages =
    [
        "/", "/error", "/not-found", "/docs/errors", "/account/sign-in", "/account/sign-in/code", "/account/denied",
        "/account/set-password", "/setup", "/catalogue", "/catalogue/{Id:guid}",
        "/open", "/harvested/{Id:guid}", "/open/developers", "/open/access", "/open/subscriptions", "/open/mail/confirm/{Token}", "/open/mail/end/{Token}", "/open/apps", "/open/requests", "/open/requests/new", "/open/requests/{Id:guid}", "/dataset", "/dataset/{Name}", "/dataset/{Name}/version/{VersionId:guid}", "/dataset/{Name}/resource/{Id:guid}", "/dataset/{Name}/resource/{Id:guid}/chart", "/dataset/{Name}/resource/{Id:guid}/api",
    ];

    /// <summary>What the interface asks for at its door, an act of a page must ask for itself: the page is open to whoever may read it.</summary>
    [Fact]
    public void Late_EachForm_NeedsTheRightOfItsSlice()
    {
        var rights = Repository.Files("src/Zhengtong", "*.cs").SelectMany(f => Slices().Matches(File.ReadAllText(f))).GroupBy(m => m.Groups[1].Value, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Groups[2].Value, StringComparer.Ordinal);
        var pages = Repository.Files("src/Zhengtong", "*.razor").Select(File.ReadAllText).Where(s => s.Contains("<Late ", StringComparison.Ordinal)).ToList();
        pages.Count.ShouldBeGreaterThan(20);
        pages.SelectMany(p => Unasked(p, rights)).ShouldBeEmpty("Needs is the right that the slice's Requires names");
        const string Seeded = "<Late Form=\"seal\" Needs=\"Right.ReadWork\" Gone=\"true\" OnSubmit=\"SealAsync\" />\n    private async Task SealAsync()\n    {\n        await SealAgreement.Handle();\n    }\n}";
        Unasked(Seeded, rights).ShouldBe(["seal: Right.Seal"]);
        Unasked(Seeded.Replace("Right.ReadWork", "Right.Seal", StringComparison.Ordinal), rights).ShouldBeEmpty();
    }

    private static IEnumerable<string> Unasked(string page, Dictionary<string, string> rights)
    {
        foreach (Match late in LateForms().Matches(page))
        {
            var act = Regex.Match(page, $@"Task {late.Groups[3].Value}\([\s\S]*?(?=\n    (?:private|protected|internal|public|///)|\n}}\s*$)").Value;
            var wrong = Handlers().Matches(act).Select(m => m.Groups[1].Value).Where(rights.ContainsKey).Select(h => rights[h].Length > 0 ? rights[h] : "null").Where(r => r != late.Groups[2].Value);
            foreach (var right in wrong.Distinct(StringComparer.Ordinal)) { yield return $"{late.Groups[1].Value}: {right}"; }
        }
    }

    [GeneratedRegex(@"<Late Form=""([^""]*)"" Needs=""([^""]*)"".*?OnSubmit=""(\w+)""")]
    private static partial Regex LateForms();

    [GeneratedRegex(@"(?<![\w.])(\w+)\.Handle\(")]
    private static partial Regex Handlers();

    [GeneratedRegex(@"static class (\w+)\s*\{(?:(?!static class )[\s\S])*?static void Map\((?:(?!static class |\.Requires|Task<)[\s\S])*(?:\.Requires\(([^)]*)\))?")]
    private static partial Regex Slices();

    [Fact]
    public void Pages_Markup_HoldsNoSentence()
    {
        using var module = ModuleDefinition.ReadModule(Program.Location);
        var components = Components(module).ToList();
        components.Count.ShouldBeGreaterThan(5);
        components.SelectMany(Sentences).ShouldBeEmpty("Put it into the module's resource files and write @Text.Of(\"module.key\")");
    }

    [Fact]
    public void Pages_SeededSentences_AreFound()
    {
        using var module = ModuleDefinition.ReadModule(typeof(PageRules).Assembly.Location);
        var found = Components(module).Where(c => c.Name == nameof(SeededPage)).SelectMany(Sentences).ToList();
        found.ShouldContain(f => f.Contains("Save the draft"));
        found.ShouldContain(f => f.Contains("保存"));
        found.ShouldContain(f => f.Contains("Press me"));
        found.ShouldNotContain(f => f.Contains("web.key"));
    }

    private static IEnumerable<string> Unsaid(Type page)
    {
        var routes = page.GetCustomAttributes<RouteAttribute>().Select(r => r.Template).ToList();
        var guarded = page.GetCustomAttributes<AuthorizeAttribute>(inherit: true).Any(a => a.Policy is not null) || page.IsDefined(typeof(AuthorizeAttribute), inherit: true);
        if (!guarded && routes.Where(r => !OpenPages.Contains(r)).ToList() is { Count: > 0 } open) { yield return $"{page.Name} ({string.Join(", ", open)})"; }
    }

    private static IEnumerable<TypeDefinition> Components(ModuleDefinition module) =>
        module.GetTypes().Where(t => t.Methods.Any(m => m.Name == "BuildRenderTree"));

    private static IEnumerable<string> Sentences(TypeDefinition component)
    {
        foreach (var method in component.NestedTypes.SelectMany(n => n.Methods).Concat(component.Methods).Where(m => m.HasBody))
        {
            var literals = new List<string>();
            foreach (var instruction in method.Body.Instructions)
            {
                if (instruction is { OpCode.Code: Mono.Cecil.Cil.Code.Ldstr, Operand: string literal }) { literals.Add(literal); continue; }
                if (instruction.Operand is not MethodReference call) { continue; }
                if (call.Name is "AddContent" or "AddMarkupContent" && literals.Count > 0 && Said(Tags().Replace(Code().Replace(literals[^1], " "), " ")) is { } text) { yield return $"{component.Name}: {text}"; }
                if (call.Name is "AddMarkupContent" && literals.Count > 0)
                {
                    foreach (Match attribute in Attribute().Matches(literals[^1]))
                    {
                        if (Spoken.Contains(attribute.Groups[1].Value) && Said(attribute.Groups[2].Value) is { } heard) { yield return $"{component.Name}: {attribute.Groups[1].Value}=\"{heard}\""; }
                    }
                }

                if (call.Name is "AddAttribute" or "AddComponentParameter" && literals.Count > 1 && Spoken.Contains(literals[^2]) && Said(literals[^1]) is { } spoken) { yield return $"{component.Name}: {literals[^2]}=\"{spoken}\""; }
                literals.Clear();
            }
        }
    }

    /// <summary>The text when a person would read language in it; null for white space, punctuation, names and text keys.</summary>
    private static string? Said(string text)
    {
        var plain = System.Net.WebUtility.HtmlDecode(text).Trim();
        if (Key().IsMatch(plain) || Names.Contains(plain)) { return null; }
        return plain.Any(c => c is >= '\u4e00' and <= '\u9fff') || Word().IsMatch(plain) ? plain : null;
    }

    [Route("/seeded")]
    private sealed class SeededPage : ComponentBase
    {
        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            builder.AddMarkupContent(0, "<p class=\"lead\">Save the draft</p>");
            builder.AddContent(1, "保存");
            builder.AddAttribute(2, "aria-label", "Press me");
            builder.AddAttribute(3, "Title", "web.key");
        }
    }

    [Route("/seeded-open"), AllowAnonymous]
    private sealed class SeededOpenPage : ComponentBase;

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex("<(code|kbd|svg|style|script)[^>]*>.*?</\\1>", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("([a-z-]+)=\"([^\"]*)\"")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^[a-z]+(\.[a-z0-9-]+)+$")]
    private static partial Regex Key();

    [GeneratedRegex("[A-Za-z]{3,}")]
    private static partial Regex Word();
}
