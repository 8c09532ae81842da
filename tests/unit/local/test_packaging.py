import io
import zipfile
from pathlib import Path

from orchbench.local.packaging import archive, package_template
from orchbench.project.templates import load_template

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    CodeUri: code/
    Runtime: python3.14
Resources:
  OneFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: one.handler
      Environment:
        Variables:
          NAME: !Sub ${AWS::StackName}-one
  TwoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: two.handler
      CodeUri: s3://elsewhere/key
  InlineFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      InlineCode: "handler = print"
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.json
      Role: !GetAtt Role.Arn
  Queue:
    Type: AWS::SQS::Queue
"""


def project(folder: Path) -> Path:
    code = folder / "code"
    (code / "package" / "__pycache__").mkdir(parents=True)
    (code / "one.py").write_text("handler = print\n")
    (code / "package" / "module.py").write_text("")
    (code / "package" / "__pycache__" / "module.pyc").write_text("")
    (folder / "machine.json").write_text("{}")
    template = folder / "template.yaml"
    template.write_text(TEMPLATE)
    return template


def test_local_paths_become_places_in_the_bucket(tmp_path: Path) -> None:
    packaged = package_template(project(tmp_path), "bucket")
    resources = packaged.template["Resources"]
    places = {
        resources["OneFunction"]["Properties"]["CodeUri"],
        resources["Machine"]["Properties"]["DefinitionUri"],
    }
    assert places == {f"s3://bucket/{key}" for key in packaged.objects}
    assert resources["TwoFunction"]["Properties"]["CodeUri"] == "s3://elsewhere/key"
    assert "CodeUri" not in resources["InlineFunction"]["Properties"]
    assert "CodeUri" not in packaged.template["Globals"]["Function"]


def test_short_forms_become_long_ones(tmp_path: Path) -> None:
    resources = load_template(project(tmp_path))["Resources"]
    assert resources["Machine"]["Properties"]["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}


def test_the_template_on_disk_is_not_edited(tmp_path: Path) -> None:
    template = project(tmp_path)
    package_template(template, "bucket")
    assert template.read_text() == TEMPLATE


def test_an_archive_holds_the_code_and_nothing_that_python_made_of_it(tmp_path: Path) -> None:
    project(tmp_path)
    with zipfile.ZipFile(io.BytesIO(archive(tmp_path / "code"))) as packed:
        assert packed.namelist() == ["one.py", "package/module.py"]


def test_the_same_code_makes_the_same_archive(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    project(first)
    project(second)
    assert archive(first / "code") == archive(second / "code")
    (second / "code" / "one.py").write_text("handler = repr\n")
    assert archive(first / "code") != archive(second / "code")
