using System.Text;
using System.Text.RegularExpressions;

namespace Zhengtong.EndToEnd;

/// <summary>A department opens a table through the pages: an officer drafts, uploads and proposes, a second one examines, the leader approves; a citizen finds an error in it, and the officer answers.
/// With the pointer, with the keyboard alone, without script, and on a phone.</summary>
public sealed partial class PublisherTests(DemoPlatform platform)
{
    [Theory]
    [InlineData("keyboard", "zh-CN", 1440)]
    [InlineData("no-script", "en", 1440)]
    [InlineData("phone", "zh-CN", 390)]
    public async Task Publisher_TwoOfficersAndALeader_OpenATableAndAnswerACitizen(string manner, string language, int width)
    {
        var (hands, script, name) = (new Hands(keyboard: manner == "keyboard"), manner != "no-script", $"journey-{manner}");
        async Task<IPage> AsAsync(string? account) => await platform.OpenAsync(account, language, width, script);

        var officer = await AsAsync("aic-officer");
        await officer.GotoAsync("/work/open-data/new");
        await hands.WriteAsync(officer, "[name='name']", name);
        await hands.WriteAsync(officer, "[name='description.title']", $"农贸市场名录（{manner}）");
        await hands.WriteAsync(officer, "[name='description.notes']", "全省登记在册的农贸市场，每年更新一次。");
        await hands.TickAsync(officer, "[name='description.themes'] >> nth=0");
        await hands.WriteAsync(officer, "[name='description.keywords']", "市场，农贸");
        await hands.WriteAsync(officer, "[name='description.contactName']", "市场监管处");
        await hands.WriteAsync(officer, "[name='description.contactPhone']", "010-00000000");
        await ShowAsync(officer, "1-draft");
        await hands.PressAsync(officer, $"{Form("draft")} button[type='submit']");
        await officer.WaitForURLAsync(Dataset());
        var id = Ids().Match(officer.Url).Value;

        // In the encoding that an older office program writes.
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var table = "编号,名称,区县,面积\n" + string.Concat(Enumerable.Range(1, 40).Select(n => $"{n:D4},第{n}农贸市场,{(n % 2 == 0 ? "雁塔区" : "碑林区")},{n * 10}.5\n"));
        await officer.Locator("form[action$='/files'] input[type='file']").SetInputFilesAsync(new FilePayload { Name = "农贸市场.csv", MimeType = "text/csv", Buffer = Encoding.GetEncoding("GB18030").GetBytes(table) });
        await hands.PressAsync(officer, "form[action$='/files'] button[type='submit']");
        await UntilAsync(officer, "main td:text-is('40')");
        await ShowAsync(officer, "2-uploaded");
        await hands.PressAsync(officer, $"{Form("propose")} button[type='submit']");
        await ShowAsync(officer, "3-proposed");

        var examiner = await AsAsync("aic-examiner");
        await examiner.GotoAsync($"/work/open-data/{id}/examination");
        await UntilAsync(examiner, $"{Form("examine")} button");
        await ShowAsync(examiner, "4-examination");
        await hands.PressAsync(examiner, $"{Form("examine")} button[type='submit']");

        var leader = await AsAsync("aic-leader");
        await leader.GotoAsync($"/work/open-data/{id}/examination");
        await UntilAsync(leader, $"{Form("approve")} button");
        await ShowAsync(leader, "5-approval");
        await hands.PressAsync(leader, $"{Form("approve")} button[type='submit']");

        var citizen = await AsAsync(null);
        await citizen.GotoAsync($"/dataset/{name}");
        await UntilAsync(citizen, ".resources");
        await ShowAsync(citizen, "6-public");
        await hands.PressAsync(citizen, "a[href^='/open/requests/new']");
        await hands.WriteAsync(citizen, "[name='column']", "面积");
        await hands.WriteAsync(citizen, "[name='rows']", "0007");
        await hands.WriteAsync(citizen, "[name='words']", "第7农贸市场的面积应为75平方米，请核实。");
        await ShowAsync(citizen, "7-correction");
        await hands.PressAsync(citizen, $"{Form("ask")} button[type='submit']");
        await citizen.WaitForURLAsync(Request());
        var request = Ids().Match(citizen.Url).Value;
        await ShowAsync(citizen, "8-asked");

        await officer.GotoAsync($"/work/open-data/requests/{request}");
        if (await officer.Locator(Form("take-up")).CountAsync() > 0) { await hands.PressAsync(officer, $"{Form("take-up")} button[type='submit']"); }
        await hands.WriteAsync(officer, $"{Form("answer")} [name='words']", "已核实，下一版本更正。");
        await ShowAsync(officer, "9-answer");
        await hands.PressAsync(officer, $"{Form("answer")} button[value='Done']");
        (await officer.Locator(".faults:visible").CountAsync()).ShouldBe(0);
        await citizen.GotoAsync($"/open/requests/{request}");
        (await citizen.Locator("main").InnerTextAsync()).ShouldContain("已核实，下一版本更正。");
        await ShowAsync(citizen, "10-answered");
        foreach (var page in new[] { officer, examiner, leader, citizen }) { await page.Context.CloseAsync(); }

        async Task ShowAsync(IPage page, string moment)
        {
            if (script) { (await Accessibility.FindingsAsync(page)).ShouldBeEmpty(); }
            (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBe(0, $"{moment} scrolls sideways at {width}");
            await page.ShootAsync($"publisher-{manner}-{moment}-{language}");
        }
    }

    private static string Form(string name) => $"form:has(input[name='_handler'][value='{name}'])";

    /// <summary>What the platform does meanwhile, an import or a check, is done at the latest after two minutes.</summary>
    private static async Task UntilAsync(IPage page, string there)
    {
        for (var round = 0; await page.Locator(there).CountAsync() == 0; round++)
        {
            round.ShouldBeLessThan(240, $"{there} does not come on {page.Url}");
            await Task.Delay(500);
            await page.ReloadAsync();
        }
    }

    [GeneratedRegex("/work/open-data/[0-9a-f-]{36}")]
    private static partial Regex Dataset();

    [GeneratedRegex("/open/requests/[0-9a-f-]{36}")]
    private static partial Regex Request();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Ids();
}
