using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Zhengtong.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class AnswerLimits : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "due_by",
                schema: "agreements",
                table: "applications",
                type: "TEXT",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "due_by",
                schema: "agreements",
                table: "applications");
        }
    }
}
