using CsCheck;
using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Tables;

/// <summary>What is remembered of a column's letters changes how fast it is searched, never what is found.</summary>
public sealed class PlainTextTests(PlatformFixture platform)
{
    private static readonly string[] Pieces = ["北京市", "东城区", "Aa1", "ab", "（Ｂ）", "é", "Ⅷ", "﨑", "㈱", "⽇", "１", " ", "、", "､", "\n", "\U00020000", "\U0002F800", "カ", "ｶﾞ", "日", "丽"];

    [Fact]
    public async Task Search_RemembersLettersOrNot_FindsTheSame()
    {
        var (writer, engine) = (platform.App.Services.GetRequiredService<TableWriter>(), platform.App.Services.GetRequiredService<TableEngine>());
        // Half of the columns hold nothing that folding makes other characters of.
        var texts = Gen.Bool.SelectMany(common => Gen.Int[0, common ? 4 : Pieces.Length - 1].Select(n => Pieces[n]).Array[0, 4].Select(p => string.Concat(p)).Array[1, 6]);
        var word = Gen.Int[0, Pieces.Length - 1].Select(n => Pieces[n].Trim()).Where(w => w.Length > 0);
        await Gen.Select(texts, word.Array[1, 2]).SampleAsync(async (made, words) =>
        {
            var table = await writer.WriteAsync([new NewColumn("t", ColumnType.Text)], Rows(made, false), null, CancellationToken.None);
            var forgetful = table with { Columns = [.. table.Columns.Select(c => c with { Profile = c.Profile with { IsPlain = null, KeepsChinese = null } })] };
            foreach (var query in (TableQuery[])[new() { Text = string.Join(' ', words), Count = true }, new() { Where = new Condition.Compare("t", Comparison.Contains, string.Concat(words)), Count = true }])
            {
                var (one, two) = (await engine.AskAsync(table, query, TableLimits.Public, CancellationToken.None), await engine.AskAsync(forgetful, query, TableLimits.Public, CancellationToken.None));
                one.Total.ShouldBe(two.Total);
                one.Rows.Select(r => r[0]).ShouldBe(two.Rows.Select(r => r[0]));
            }
        }, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData("北京 (a-z)、", true, true)]
    [InlineData("北京（１）", false, true)]
    [InlineData("﨑", false, false)]
    [InlineData("⽇", false, false)]
    [InlineData("a\nb", false, true)]
    public async Task Write_Letters_AreRemembered(string text, bool isPlain, bool keepsChinese)
    {
        var table = await platform.App.Services.GetRequiredService<TableWriter>().WriteAsync([new NewColumn("t", ColumnType.Text), new NewColumn("n", ColumnType.Integer)], Rows([text], true), null, CancellationToken.None);
        table.Columns[0].Profile.IsPlain.ShouldBe(isPlain);
        table.Columns[0].Profile.KeepsChinese.ShouldBe(keepsChinese);
        table.Columns[1].Profile.IsPlain.ShouldBeNull();
    }

    private static async IAsyncEnumerable<object?[]> Rows(string[] texts, bool withNumber)
    {
        foreach (var text in texts) { yield return withNumber ? [text, 1L] : [text]; }
        await Task.CompletedTask;
    }
}
