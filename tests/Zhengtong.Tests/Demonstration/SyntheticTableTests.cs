using Zhengtong.Demonstration;
using Zhengtong.Kernel.Organisations;

namespace Zhengtong.Tests.Demonstration;

public sealed class SyntheticTableTests
{
    private static readonly SyntheticProvince Synthetic = new(Province.Load());

    [Fact]
    public void Tables_AllOfThem_HaveDistinctKeysAndFitTheirTypes()
    {
        foreach (var table in Synthetic.Tables)
        {
            var key = table.Columns.Single(c => c.IsKey);
            Enumerable.Range(0, table.Spec.Rows).Select(key.Value).Distinct().Count().ShouldBe(table.Spec.Rows, table.Spec.Name);
            foreach (var column in table.Columns)
            {
                for (var row = 0; row < Math.Min(table.Spec.Rows, 500); row++)
                {
                    var value = column.Value(row);
                    if (value is string text) { text.Length.ShouldBeInRange(1, column.Length ?? 200, $"{table.Spec.Name}.{column.Name}: {text}"); }
                    value.GetType().Name.ShouldBe(TypeNames[column.Type.ToString()], $"{table.Spec.Name}.{column.Name}");
                }
            }
        }
    }

    [Fact]
    public void Value_OfTwoProvincesInOtherOrder_IsTheSame()
    {
        var other = new SyntheticProvince(Province.Load());
        foreach (var row in new[] { 119_999, 7, 65_000 })
        {
            foreach (var column in Synthetic.Table("inspections").Columns)
            {
                other.Table("inspections").Columns.Single(c => c.Name == column.Name).Value(row).ShouldBe(column.Value(row));
            }
        }
    }

    [Fact]
    public void CreditCode_OfEveryThousandthEnterprise_IsValidAndInTheInventedDivision()
    {
        for (var row = 0; row < 200_000; row += 1000)
        {
            var code = (string)Synthetic.Table("enterprises").Value("credit_code", row);
            CreditCode.Parse(code).Value.ShouldBe(code);
            code[2..4].ShouldBe("99");
        }
    }

    [Theory]
    [InlineData("11010519491231002", "X")] // GB 11643-1999, annex: 11010519491231002X
    public void Identity_OfTheStandardsExample_HasItsCheckCharacter(string body, string check) =>
        Codes.Identity(body[..6], new DateOnly(1949, 12, 31), 2).ShouldBe(body + check);

    [Fact]
    public void FoodLicence_AnyRow_PassesMod11And10()
    {
        for (var row = 0; row < 50_000; row += 500)
        {
            var number = (string)Synthetic.Table("food_licences").Value("licence_no", row);
            number.Length.ShouldBe(16);
            var p = 10;
            foreach (var c in number[2..15])
            {
                var s = (p + c - '0') % 10;
                p = (s == 0 ? 10 : s) * 2 % 11;
            }

            ((p + number[15] - '0') % 10).ShouldBe(1);
        }
    }

    [Fact]
    public void Reference_FromAnInspection_PointsAtALicenceThatExists()
    {
        var licences = Enumerable.Range(0, 50_000).Select(n => Synthetic.Table("food_licences").Value("licence_no", n)).ToHashSet();
        for (var row = 0; row < 120_000; row += 100) { licences.ShouldContain(Synthetic.Table("inspections").Value("licence_no", row)); }
    }

    private static readonly Dictionary<string, string> TypeNames = new()
    {
        ["Text"] = "String", ["Integer"] = "Int64", ["Decimal"] = "Decimal", ["Float"] = "Double", ["Boolean"] = "Boolean", ["Date"] = "DateOnly", ["Timestamp"] = "DateTimeOffset",
    };
}
