import { describe, expect, it } from "vitest";
import { counted, kindName, ofKind } from "./kinds";

describe("what kinds of data are called", () => {
  it.each([["glue-table", "Glue table"], ["dynamodb-table", "DynamoDB table"], ["secret", "Secret"], ["new-thing", "New thing"]])("%s is %s", (kind, name) => expect(kindName(kind)).toBe(name));
  it.each([[1, "glue-table", "1 Glue table"], [2, "glue-table", "2 Glue tables"], [2, "image-repository", "2 image repositories"], [3, "new-thing", "3 new things"]])("%i of %s is %s", (count, kind, said) => expect(ofKind(count, kind)).toBe(said));
  it("counts one and several", () => expect([counted(1, "criterion", "criteria"), counted(2, "criterion", "criteria"), counted(0, "source")]).toEqual(["1 criterion", "2 criteria", "0 sources"]));
});
